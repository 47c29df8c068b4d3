import { TestWorkflowEnvironment } from '@temporalio/testing';
import { reasonOf } from './reason-of.ts';
import { say } from './say.ts';

// The SDK offers no download by itself: starting its local server once leaves the program in the folder.
try {
  const downloadDir = process.argv[2] ?? '';
  const server = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', downloadDir, ttl: '3650d' },
      log: { format: 'pretty', level: 'never' },
    },
  });
  await server.teardown();
} catch (error) {
  // The cause is the last part of the SDK's nested message.
  say(reasonOf(error).split(': ').slice(-2).join(': '));
  process.exitCode = 1;
}
