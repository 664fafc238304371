/**
 * The story of the Red Hat walkthrough, through the real path: four pods, four policies. Every text
 * that is shown came back over the sockets, and every claim is checked on it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemRandom } from '#base';
import { createSimulator, type Simulator } from '#sim';
import type { CommandContext } from '../command.ts';
import { leftovers } from './leftovers.ts';
import { globalInitdata } from './manifests.ts';
import { tellConfigMap } from './chapter-config.ts';
import { tellDefaultPolicy } from './chapter-default.ts';
import { tellSample } from './chapter-sample.ts';
import { tellCorrected } from './chapter-corrected.ts';
import { tellOwnInitdata } from './chapter-initdata.ts';
import { Story } from './story.ts';

export interface DemoContext {
  readonly story: Story;
  readonly sim: Simulator;
  readonly policy: (name: string) => Promise<string>;
  readonly signal: AbortSignal;
  /** The digest of pod 1's initdata, for the chapter that compares. */
  globalDigest: string;
}

export async function tellDemo(context: CommandContext): Promise<number> {
  const { output, signal, packageRoot, logger } = context;
  const story = new Story(output);
  const policy = (name: string): Promise<string> =>
    readFile(join(packageRoot, 'policies', name), 'utf8');
  output.line(
    output.style('bold', 'katasim: a Kata guest agent without the VM, on the peer-pod path'),
  );
  let directory = '';
  try {
    const initdata = globalInitdata(await policy('openshift-default.rego'));
    const peerPods = tellConfigMap(story, initdata);
    await using sim = await createSimulator({
      peerPods,
      imagePolicy: await policy('allow-all.rego'),
      random: systemRandom,
      // Refusals are the story; as log lines they would be told twice.
      logger: context.logLevel === 'warn' ? silentLogger : logger,
    });
    ({ directory } = sim);
    story.tell(
      `worker ${sim.worker.network.host} is up; shims call ${sim.worker.hypervisorSocket}`,
    );
    const demo: DemoContext = { story, sim, policy, signal, globalDigest: '' };
    await tellDefaultPolicy(demo);
    await tellSample(demo);
    await tellCorrected(demo);
    await tellOwnInitdata(demo);
    story.chapter(6, 'Tear-down');
    const pods = sim.pods.size;
    await sim.close();
    story.check(`all pods are gone (${pods} were left to the worker)`, sim.pods.size === 0);
  } catch (error) {
    if (signal.aborted) throw error;
    story.broken(error);
  }
  const left = await leftovers(directory);
  story.check('no process, socket or file is left', left.length === 0, left);
  return story.end();
}
