import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { AppDownSurvey } from '../../workflows/contracts/mending-plan.ts';
import { holdStackFile, isStackHeld } from '../adapters/compose/hold-stack.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { measureErrorRate } from '../diagnosis/error-rate.ts';
import { NOW_SECONDS } from '../diagnosis/users-served.ts';
import type { Read, ReadContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { servicesInOrder } from '../incident/incident-survey.ts';
import { ANSWERS } from '../survey/answers.ts';
import { healthThrough } from '../survey/health-checks.ts';
import { hasEndedWell, serviceChecks } from '../survey/service-checks.ts';
import { noReasonToRefuse } from '../survey/survey.ts';
import { movedImages } from './images-that-ran.ts';

/** How often the app is asked before it counts as down. */
const PROBES = 3;
const UNTOUCHED = 'users are served, so nothing was touched';

/** How FDTS answers: to users, and by the app's own port. */
interface Health {
  readonly isServing: boolean;
  readonly own: CheckResult;
  readonly ofUsers: CheckResult;
}

/** How FDTS stands. */
export function appDownReads(host: Host) {
  const { config, docker, app } = host;
  const hasProxy = config.services.proxy !== null;

  /** Services, units and health, as the runbook looks at them first; and whether something keeps FDTS from starting. */
  const surveyAppDown: Read<Record<string, never>, AppDownSurvey> = async (context) => {
    const { own: ownServices, others } = await serviceChecks(host, context.signal);
    const { isServing, own, ofUsers } = await probe(context);
    const containers = await docker.projectContainers(config.project.name);
    const isHeld = await isStackHeld();
    const services = servicesInOrder(config, containers);
    const meantToRun = containers.filter((container) => !hasEndedWell(container));
    const { moved, unclear } = await movedImages(host, containers);
    const held: CheckResult = {
      name: 'nothing keeps FDTS from starting',
      status: isHeld ? 'fail' : 'pass',
      expected: `no ${holdStackFile}`,
      got: isHeld ? 'it is there: FDTS was stopped on purpose' : 'none',
      answer: 'sudo fdts-ops doctor on the host says why and what to do',
    };
    return {
      checks: [held],
      isServing,
      beside: [
        // The others are no fault of an app that answers: they must not keep the next outage from being mended.
        ...[...ownServices, ...others.map(noReasonToRefuse)].map((check) => ({
          ...check,
          answer: `${UNTOUCHED}: start it by hand (docker start, systemctl start)`,
        })),
        { ...own, answer: OWN_PORT },
        { ...ofUsers, answer: BEFORE_THE_APP },
        ...(isServing ? await requestsOfUsers() : []),
      ],
      lines: [
        ...[...ownServices, ...others, own, ofUsers].map(
          ({ name, status, got }) => `${name}: ${status}, ${got}`,
        ),
        ...unclear.map(
          (image) =>
            `${image}: its containers ran several images; one made anew is made from what it names now`,
        ),
        ...containers.map(({ name, state, exitCode }) => `${name}: ${state}, exit code ${exitCode}`),
      ],
      services,
      lasting: [...new Set([...services, ...meantToRun.map(({ service }) => service)])],
      moved,
    };
  };

  /** One answer that is late does not make an app that is down: users may be served. */
  async function probe(context: ReadContext): Promise<Health> {
    for (let left = PROBES - 1; ; left -= 1) {
      const health = await ask(context);
      if (left === 0 || health.isServing) return health;
      await wait(1000, undefined, { signal: context.signal });
    }
  }

  /** A restart for which nobody is asked needs users who get no answer: where the proxy serves them, the app's own port is no reason. */
  async function ask({ signal }: ReadContext): Promise<Health> {
    const [own, ofUsers] = await Promise.all([
      healthThrough(app, 'app', signal),
      healthThrough(app, 'proxy', signal),
    ]);
    const isServing = ofUsers.status === 'pass' || (!hasProxy && own.status === 'pass');
    return { isServing, own, ofUsers };
  }

  /** An app that answers its health address may still fail users: that is another procedure's, which asks before it restarts. */
  async function requestsOfUsers(): Promise<readonly CheckResult[]> {
    const { downPercent } = config.thresholds;
    const check = {
      name: `requests of users in the last ${NOW_SECONDS} s`,
      expected: `less than ${downPercent} % answered with 5xx`,
      answer: ANSWERS.highErrorRate,
    };
    try {
      const { percent, told } = await measureErrorRate(host, NOW_SECONDS);
      if (percent === null) return [];
      return [{ ...check, status: percent < downPercent ? 'pass' : 'fail', got: told }];
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return [{ ...check, status: 'not proven', got: error.message }];
    }
  }

  return { surveyAppDown };
}

const OWN_PORT = `${UNTOUCHED}: see that the app's port is published where checks.healthUrl says (docker ps), or correct checks.healthUrl`;
const BEFORE_THE_APP =
  'the app answers, so nothing was touched: what stands before it is none of the services (services.proxy is null); mend that, or correct checks.proxyUrl';
