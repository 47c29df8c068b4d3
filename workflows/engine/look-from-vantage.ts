import type { CheckResult } from '../contracts/calls.ts';
import type { OutsideQuestion } from '../contracts/incident.ts';
import { makeRead } from './activity-policies.ts';
import { control, read } from './calls.ts';
import { describeFailure } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/**
 * Looks at the ports of a host from every place outside it: the control worker, and the workers of other hosts. One of
 * them that is away hides nothing of the others, and is not waited for.
 */
export async function lookFromVantagePoints(
  run: Run<StepsById>,
  closed: Pick<OutsideQuestion, 'ports' | 'operatorPort' | 'breakGlass'>,
): Promise<readonly CheckResult[]> {
  const host = run.host;
  if (host === null) return [];
  const { addresses, publicUrl, others } = await run.readFromControl(
    control.findVantagePoints({ host: host.name }),
  );
  const question = { ...closed, machineId: host.machineId, addresses, publicUrl };
  const checks = [...(await run.readFromControl(control.probePorts(question))).checks];
  for (const { name, taskQueue } of addresses.length === 0 ? [] : others) {
    try {
      const seen = await makeRead(read.probePorts(question), {
        taskQueue,
        stamp: run.stamp,
        step: null,
        machineId: null,
        summary: `look at ${host.name} from ${name}`,
        patient: null,
      });
      checks.push(...seen.checks);
    } catch (error) {
      const got = describeFailure(error, taskQueue).message;
      checks.push({
        name: `closed, seen from ${name}`,
        status: 'not proven',
        expected: 'its worker dials the ports',
        got,
      });
    }
  }
  return checks;
}
