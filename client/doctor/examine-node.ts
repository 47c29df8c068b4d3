import type { Finding } from '../commands/doctor.ts';

const OLDEST = [20, 19] as const;

/** Whether this Node is new enough. */
export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return {
    name: 'Node.js',
    status: isEnough ? 'ok' : 'missing',
    found: version,
    getIt: `install Node ${OLDEST.join('.')} or newer`,
  };
}
