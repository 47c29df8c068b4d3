import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { unitState } from '../adapters/machine/host-facts.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from './answers.ts';

/** Whether the services of the project are up. */
export interface ServiceChecks {
  /** What FDTS consists of: app, proxy, backup, and the systemd unit. */
  readonly own: readonly CheckResult[];
  /** Every other container of the project, but jobs that ended well. No run that mends FDTS is to be refused for them. */
  readonly others: readonly CheckResult[];
}

/** Looks at every container of the project, and at its systemd unit. */
export async function serviceChecks(
  { config, docker }: Pick<Host, 'config' | 'docker'>,
  signal: AbortSignal,
): Promise<ServiceChecks> {
  const containers = await docker.projectContainers(config.project.name);
  const wanted = Object.values(config.services)
    .filter((service) => service !== null)
    .map((service) => ({ service, found: containers.find((container) => container.service === service) }));
  const others = containers.filter(
    (container) => !wanted.some(({ found }) => found === container) && !hasEndedWell(container),
  );
  const own = wanted.map(({ service, found }): CheckResult => {
    const answer = service === config.services.backup ? ANSWERS.backupFailure : ANSWERS.applicationDown;
    return { name: `service ${service} is up`, ...upOrNot(found), answer };
  });
  return {
    own: [...own, ...(await unitChecks(config.project.unit, signal))],
    others: others.map((container) => ({
      name: `service ${container.service} is up (${container.name})`,
      ...upOrNot(container),
      answer: startByHand(shellQuote(container.name)),
    })),
  };
}

/** A job that has done its work and that nothing starts again, as a migration before the app starts. Pure. */
export function hasEndedWell({ state, exitCode, restartPolicy }: ProjectContainer): boolean {
  const isStartedAgain = restartPolicy !== 'no' && !restartPolicy.startsWith('on-failure');
  return state === 'exited' && exitCode === 0 && !isStartedAgain;
}

/** Whether a container runs, and has not said that it is unhealthy. Pure. */
export function runsWell(container: ProjectContainer | undefined): boolean {
  return container?.state === 'running' && container.health !== 'unhealthy';
}

function upOrNot(container: ProjectContainer | undefined): Pick<CheckResult, 'status' | 'expected' | 'got'> {
  const up = runsWell(container);
  const got = container === undefined ? 'no container' : stateOf(container);
  return { status: up ? 'pass' : 'fail', expected: 'running, not unhealthy', got };
}

function stateOf({ state, health, exitCode }: ProjectContainer): string {
  if (state === 'exited') return `${state} (exit code ${exitCode})`;
  return [state, health].filter((part) => part !== null).join(', ');
}

/** No procedure does it while users are served: what it is for, and whether it is needed, only a person knows. */
function startByHand(name: string): string {
  return `on the host, docker logs --tail 100 ${name} says why; start it (docker start ${name}), or remove it when it is not needed (docker rm -f ${name}, and its service in the compose file; not while a run waits at a gate: its plan would no longer hold)`;
}

async function unitChecks(unit: string | null, signal: AbortSignal): Promise<CheckResult[]> {
  if (unit === null) return [];
  const { state } = await unitState(unit, signal);
  return [
    {
      name: `${unit} is active`,
      status: state === 'active' ? 'pass' : 'fail',
      expected: 'active',
      got: state,
      answer: ANSWERS.applicationDown,
    },
  ];
}
