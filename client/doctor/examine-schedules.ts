import { procedures } from '../../workflows/procedures/index.ts';
import type { Finding } from '../commands/doctor.ts';
import type { Server } from '../server/connect.ts';

/** What starts by itself on this host: a new server knows no schedules, and nothing else would say so. */
export async function examineSchedules({ client }: Server, host: string): Promise<Finding> {
  const own = new Set(procedures.map(({ type }) => `fdts-${host}-${type}`));
  const there: string[] = [];
  const paused: string[] = [];
  for await (const { scheduleId, state } of client.schedule.list()) {
    if (!own.has(scheduleId)) continue;
    there.push(scheduleId);
    if (state.paused) paused.push(scheduleId);
  }
  const name = `schedules of ${host}`;
  if (there.length === 0)
    return {
      name,
      status: 'warning',
      found: 'none on this server: nothing starts by itself',
      getIt: 'fdts-ops schedules apply, where the control worker is (docs/install.md, Schedules)',
    };
  if (paused.length === 0) return { name, status: 'ok', found: `${there.length} on the server` };
  return {
    name,
    status: 'warning',
    found: `${there.length} on the server, paused: ${paused.join(', ')}`,
    getIt: `once the cause is mended: ${paused.map((id) => `fdts-ops schedules unpause ${id} --reason WHY`).join('; ')}`,
  };
}
