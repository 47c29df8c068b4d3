/** An instant as a person reads it who is woken up: on the clock of the host's place, then in UTC. Pure. */
export function deadlineText(at: number, timezone: string | undefined): string {
  const utc = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  if (timezone === undefined || timezone === 'UTC') return `${utc} UTC`;
  return `${dayAndTime(at, timezone)} ${timezone} (${utc.slice(11)} UTC)`;
}

function dayAndTime(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.find(({ type }) => type === name)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}
