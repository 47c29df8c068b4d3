// run-operation.mjs OPERATION JSON: one operation of the built program on FDTS's files, by the process and the child that a
// host's worker uses for it, without a server. Prints the result as JSON.
import { createDataOwner } from '../../dist/activities/adapters/data-owner/run-as-owner.js';

const [operation, args] = process.argv.slice(2);
const owner = { uid: process.getuid(), gid: process.getgid() };
const data = createDataOwner({ owner, pace: 'fast' });
process.stdout.write(JSON.stringify(await data[operation](JSON.parse(args))));
