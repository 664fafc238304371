/** What runs inside a pod VM: the agent over a guest, with the policy that the VM was booted with. */
import type { Clock, Random } from '#base';
import { startAgent, type Agent } from '#agent';
import { openSandbox, type Timers } from '#guest';
import type { AgentEnvironment, PodVmAgent } from '#peerpod';
import { DEFAULT_POLICY_PATH, kataProfile, type LoadText } from '#gate';

export interface GuestAgentOptions {
  readonly kataVersion: string | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly loadText?: LoadText;
  readonly onAgent?: (agent: Agent) => void;
}

export async function startGuestAgent(
  environment: AgentEnvironment,
  { kataVersion, clock, timers, random, loadText, onAgent }: GuestAgentOptions,
): Promise<PodVmAgent> {
  const { version } = kataProfile(kataVersion);
  const sandbox = openSandbox({ clock, timers, random, agentVersion: version });
  const { source, text } = environment.policy;
  try {
    const agent = await startAgent({
      listen: [`unix://${environment.socketPath}`],
      policies: [{ source, text, module: DEFAULT_POLICY_PATH }],
      kataVersion: version,
      sandbox,
      clock,
      timers,
      random,
      logger: environment.logger,
      ...(loadText !== undefined && { loadText }),
    });
    if (environment.podIp !== undefined) sandbox.network.setAddresses([environment.podIp]);
    onAgent?.(agent);
    const close = async (): Promise<void> => {
      await agent.close();
      await sandbox.close();
    };
    return { network: sandbox.network, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
