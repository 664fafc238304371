/** Door of reports: results as JUnit XML, TAP, SARIF or GitHub workflow commands. */
export type { Report, ReportItem, ReportRegion, ReportRule, ReportStatus } from './report.ts';
export { type ReportForm, writeReport } from './write.ts';
