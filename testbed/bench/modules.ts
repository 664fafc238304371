/**
 * How many modules each command loads: those of the bundle that run before and during it, without what
 * it loads only when asked (`await import`).
 * Run: npm run bench:modules
 */
import process from 'node:process';
import { build, type Metafile } from 'esbuild';

export interface LoadedModules {
  /** `policy check` */
  readonly command: string;
  /** Paths from the root of the project, those of the command line itself among them. */
  readonly modules: ReadonlySet<string>;
  readonly kib: number;
}

const FOLDER = 'src/cli/commands/';

export async function modulesLoaded(): Promise<readonly LoadedModules[]> {
  const { metafile } = await build({
    entryPoints: ['src/cli/main.ts'],
    absWorkingDir: process.cwd(),
    outfile: 'main.cjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    conditions: ['source'],
    define: { 'import.meta.url': 'bundleUrl' },
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const { inputs } = metafile;
  const main = closure(inputs, 'src/cli/main.ts');
  const commands = Object.values(inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ kind, path }) => kind === 'dynamic-import' && path.startsWith(FOLDER))
    .map(({ path }) => path);
  return [...new Set(commands)].sort().map((path) => {
    const modules = new Set([...main, ...closure(inputs, path)]);
    const bytes = [...modules].reduce((sum, module) => sum + (inputs[module]?.bytes ?? 0), 0);
    const command = path.slice(FOLDER.length, -'.ts'.length).replace('/', ' ');
    return { command, modules, kib: Math.round(bytes / 1024) };
  });
}

/** What runs when a module is loaded: itself and all that it imports statically. */
function closure(inputs: Metafile['inputs'], start: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const { kind, external, path: next } of inputs[path]?.imports ?? []) {
      if (kind !== 'dynamic-import' && external !== true) open.push(next);
    }
  }
  return found;
}

if (process.argv[1] === import.meta.filename) {
  for (const { command, modules, kib } of await modulesLoaded()) {
    console.log(`${command.padEnd(20)} ${String(modules.size).padStart(5)} modules ${kib} KiB`);
  }
}
