import { runCommand } from '../command/run-command.ts';
import { type Channel, keyOf } from './notification.ts';

/**
 * Messages to a program: subject, empty line and text on its standard input; run, kind, key and subject also in its
 * environment. It throws `OperationError` when it fails or takes too long.
 */
export function commandChannel(name: string, argv: readonly [string, ...string[]]): Channel {
  return {
    name,
    audience: 'operators',
    send: async (message, timeoutMs) => {
      const { runId, kind, subject, text } = message;
      await runCommand(
        {
          argv,
          secretOutput: true,
          input: `${subject}\n\n${text}\n`,
          env: {
            FDTS_OPS_RUN_ID: runId,
            FDTS_OPS_KIND: kind,
            FDTS_OPS_KEY: keyOf(message),
            FDTS_OPS_SUBJECT: subject,
          },
        },
        { timeoutMs },
      );
    },
  };
}
