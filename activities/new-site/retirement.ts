import type { RetirementSurvey } from '../../workflows/contracts/retirement.ts';
import { secondsSinceBoot } from '../adapters/machine/boot-time.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { surveyStop } from '../survey/survey-stop.ts';

/** Finding out how FDTS stands on a machine that was replaced. */
export function retirementReads(host: Host) {
  /** What stopping works with. Answers when the machine is back; changes nothing. */
  const surveyRetirement: Read<Record<string, never>, RetirementSurvey> = async (context) => {
    const { stopOrder, policies, approvalTimeoutSeconds } = await surveyStop(host, context);
    const health = await host.app.checkHealth({ through: 'proxy', signal: context.signal });
    const clocks = { secondsSinceBoot: await secondsSinceBoot(), at: Date.now() };
    return { stopOrder, policies, approvalTimeoutSeconds, isServing: health.ok, clocks };
  };

  return { surveyRetirement };
}
