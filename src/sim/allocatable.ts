/** What a node has besides pod VMs, as a user writes it: `cpu=4,memory=16Gi`. */
import { type Amounts, bytesOf, milliCpus, parseQuantity } from '#kube';
import { simErrors } from './errors.ts';

/** In the units that the scheduler's accounting has: thousandths of a CPU, bytes. */
const UNITS: Readonly<Record<string, (quantity: string) => number>> = {
  cpu: milliCpus,
  memory: bytesOf,
};

/** Throws `SIM_BAD_ALLOCATABLE` for another resource or no quantity. */
export function parseAllocatable(text: string): Amounts {
  const amounts: Record<string, number> = {};
  for (const entry of text.split(',')) {
    const [resource = '', quantity = '', ...rest] = entry.split('=').map((part) => part.trim());
    const unit = Object.hasOwn(UNITS, resource) ? UNITS[resource] : undefined;
    const value = parseQuantity(quantity);
    if (unit === undefined || value === undefined || value < 0 || rest.length > 0) {
      throw simErrors.badAllocatable(entry);
    }
    amounts[resource] = unit(quantity);
  }
  return amounts;
}
