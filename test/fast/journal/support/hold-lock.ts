import { acquireHostLock } from '../../../../activities/adapters/journal/host-lock.ts';

// Takes the host's lock, says so, and keeps it until it is killed.
const [file = ''] = process.argv.slice(2);
await acquireHostLock(file, new AbortController().signal);
process.stdout.write('locked\n');
setInterval(() => undefined, 60_000);
