import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { rootTaskCapability } from '../adapters/command/root-task-capability.ts';
import { holdStackFile } from '../adapters/compose/hold-stack.ts';
import { unitFiles } from '../adapters/machine/host-facts.ts';
import type { Host } from '../host.ts';
import { packageCheck } from './package-check.ts';

/** What a window needs root for, proven before anything is stopped rather than missed after it. */
export async function privilegeChecks(host: Host, signal: AbortSignal): Promise<CheckResult[]> {
  const packages = host.config.maintenance.packages.upgrade ? [await packageCheck(signal)] : [];
  return [...(await stopChecks(host, signal)), ...packages];
}

/** What whoever stops FDTS for a change needs root for. */
export async function stopChecks({ config }: Host, signal: AbortSignal): Promise<CheckResult[]> {
  const capability = await rootTaskCapability(signal);
  return [
    {
      name: 'the worker may do privileged work',
      status: capability.available ? 'pass' : 'fail',
      expected: 'root-task answers',
      got: capability.available ? 'it answers' : capability.reason,
      ...(capability.available ? {} : { answer: capability.howToGet }),
    },
    ...(await startBlockChecks(config.project.unit, signal)),
  ];
}

/** A boot in the middle of a change must not start FDTS: its unit has to know the file that says so. */
async function startBlockChecks(unit: string | null, signal: AbortSignal): Promise<CheckResult[]> {
  if (unit === null) return [];
  const isBlocked = (await unitFiles(unit, signal)).includes(`ConditionPathExists=!${holdStackFile}`);
  return [
    {
      name: `${unit} can be kept from starting`,
      status: isBlocked ? 'pass' : 'fail',
      expected: `a condition on ${holdStackFile}`,
      got: isBlocked ? 'it has the condition' : 'it has no such condition, or there is no such unit',
      answer:
        'set project.unit in /etc/fdts-ops/host.yml to the unit that starts FDTS (null when only Docker does), then as root run packaging/install-host.sh --node PATH --config /etc/fdts-ops/host.yml again',
    },
  ];
}
