/** Calls without which no container of a pod runs. Source: the start of a pod in virtcontainers. */
export const START_ENDPOINTS: ReadonlySet<string> = new Set([
  'CreateSandboxRequest',
  'GuestDetailsRequest',
  'CreateContainerRequest',
  'StartContainerRequest',
  // Last, as few pods do without files copied in.
  'CopyFileRequest',
]);
