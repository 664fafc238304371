/** The colours of an explanation on this terminal; the text alone when there are none. */
import type { Paint, Role } from '#policy/explain';
import type { Output, Style } from './output.ts';

const STYLES: Readonly<Record<Role, Style>> = {
  allow: 'green',
  deny: 'red',
  field: 'bold',
  place: 'cyan',
  caret: 'red',
  dim: 'dim',
  strong: 'bold',
};

export const painter =
  (output: Output): Paint =>
  (role, text) =>
    output.style(STYLES[role], text);

/** Columns of the terminal; when the output goes elsewhere, what the documents are written for. */
export const widthOf = ({ stdout }: Output): number => Math.min(stdout.columns ?? 100, 160);
