/** PCI paths as the runtime names devices with them. Source: kata-containers 4.1.0 src/agent/src/pci.rs, linux_abi.rs. */
import { anyhow } from './errors.ts';
import { parseIsize, type Parsed } from './rust-parse.ts';

const MAX_SLOT = 31;
const MAX_FUNCTION = 7;

/** `SS.F`, both hexadecimal. */
interface SlotFunction {
  readonly slot: number;
  readonly function: number;
}

function slotFunction(slot: number, fn: number): Parsed<SlotFunction> {
  if (slot < 0 || slot > MAX_SLOT)
    return { error: `PCI slot ${slot} should be in range [0..0x1f]` };
  if (fn < 0 || fn > MAX_FUNCTION)
    return { error: `PCI function ${fn} should be in range [0..0x7]` };
  return { value: { slot, function: fn } };
}

function parseSlotFunction(text: string): Parsed<SlotFunction> {
  const tokens = text.split('.');
  if (tokens.length > 2) return { error: `PCI slot/function ${text} should have the format SS.F` };
  const slot = parseIsize(tokens[0] ?? '', 16);
  if ('error' in slot) return slot;
  const fn = tokens[1] === undefined ? { value: 0 } : parseIsize(tokens[1], 16);
  return 'error' in fn ? fn : slotFunction(slot.value, fn.value);
}

function parsePath(text: string): Parsed<readonly SlotFunction[]> {
  const path: SlotFunction[] = [];
  for (const part of text.split('/')) {
    const parsed = parseSlotFunction(part);
    if ('error' in parsed) return parsed;
    path.push(parsed.value);
  }
  return { value: path };
}

/** The device's place below /sys. The machine has no bridges: a nested path finds no bus. */
function sysfsPath(path: readonly SlotFunction[], rootComplex: string): string {
  const [first] = path;
  if (first === undefined) throw anyhow('PCI path must have at least one element');
  const device = `0000:00:${hex(first.slot)}.${first.function.toString(16)}`;
  const root = `/sys/devices/pci0000:${rootComplex}`;
  if (path.length > 1)
    throw anyhow(
      `failed to resolve next bus for PCI path element 0 (device ${device}) under root ${root}`,
      `bridge "${root}/${device}" has no pci_bus directory; fallback to child device scan failed`,
      'No such file or directory (os error 2)',
    );
  return `/devices/pci0000:${rootComplex}/${device}`;
}

const hex = (number: number): string => number.toString(16).padStart(2, '0');

/** Below /sys, of a path that AddSwap gives in numbers. */
export function sysfsPathOf(slots: readonly number[]): string {
  const path = slots.map((slot) => {
    const parsed = slotFunction(slot, 0);
    if ('error' in parsed) throw anyhow(parsed.error);
    return parsed.value;
  });
  return sysfsPath(path, '00');
}

/** Below /sys, of a path as text. A PXB root complex, numbered from 0x20, may stand first. */
export function parseSysfsPath(text: string): string {
  const segments = text.split('/');
  const [complex = ''] = segments;
  const isNuma =
    segments.length >= 3 && /^[\da-f]{2}$/i.test(complex) && parseInt(complex, 16) >= 0x20;
  const parsed = parsePath(isNuma ? segments.slice(1).join('/') : text);
  if ('error' in parsed)
    throw anyhow(
      `Failed to parse PCI path from ${isNuma ? 'NUMA path ' : ''}'${text}'`,
      parsed.error,
    );
  return sysfsPath(parsed.value, isNuma ? complex : '00');
}

const ADDRESS = 'should have the format DDDD:BB:SS.F';

/** `DDDD:BB:SS.F`; the error, or undefined. */
export function addressError(text: string): string | undefined {
  const [domain, bus, slot, ...more] = text.split(':');
  if (domain === undefined || bus === undefined || slot === undefined || more.length > 0)
    return `PCI address ${text} ${ADDRESS}`;
  for (const part of [domain, bus]) {
    const parsed = parseIsize(part, 16);
    if ('error' in parsed) return parsed.error;
  }
  const parsed = parseSlotFunction(slot);
  return 'error' in parsed ? parsed.error : undefined;
}
