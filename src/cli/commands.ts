/** Every command, one row each. A command's file is loaded only when it runs or shows its help. */
import type { Command } from './command.ts';

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const commandRows: readonly CommandRow[] = [];
