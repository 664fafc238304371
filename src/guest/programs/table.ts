/**
 * All programs of the guest by name. A new one is a row in its file; an image gives it a path.
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { shellPrograms } from '../shell/main.ts';
import { attributePrograms } from './attributes.ts';
import { clientPrograms } from './clients.ts';
import { printingPrograms } from './echo.ts';
import { encodingPrograms } from './encode.ts';
import { filePrograms } from './files.ts';
import { findPrograms } from './find.ts';
import { grepPrograms } from './grep.ts';
import { complain } from './io.ts';
import { listingPrograms } from './listing.ts';
import { processPrograms } from './process-tools.ts';
import { sedPrograms } from './sed.ts';
import { serverPrograms } from './servers.ts';
import { stressPrograms } from './stress.ts';
import { systemPrograms } from './system.ts';
import { textPrograms } from './text.ts';

const rows: readonly ProgramRow[] = [
  ...shellPrograms,
  ...printingPrograms,
  ...filePrograms,
  ...listingPrograms,
  ...attributePrograms,
  ...findPrograms,
  ...textPrograms,
  ...grepPrograms,
  ...sedPrograms,
  ...encodingPrograms,
  ...processPrograms,
  ...systemPrograms,
  ...serverPrograms,
  ...clientPrograms,
  ...stressPrograms,
];

const table = new Map(rows.map((row) => [row.name, row]));

/** `busybox ls -l`: the applet is the first argument; busybox's own ps and sh differ from others'. */
const APPLET_PROGRAMS: Readonly<Record<string, string>> = { sh: 'ash', ps: 'busybox-ps' };

async function busybox(process: Process, argv: readonly string[]): Promise<number> {
  const applet = argv[1];
  if (applet === undefined || applet === '--list') {
    await process.write(1, `${[...table.keys()].sort().join('\n')}\n`);
    return 0;
  }
  const row = table.get(APPLET_PROGRAMS[applet] ?? applet);
  process.suite = 'busybox';
  if (row !== undefined) return row.run(process, argv.slice(1));
  await complain(process, applet, 'applet not found');
  return 127;
}

export const programs: ReadonlyMap<string, ProgramRow> = new Map([
  ...table,
  ['busybox', { name: 'busybox', run: busybox }],
]);
