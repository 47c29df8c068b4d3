import type { Audience } from '../adapters/notify/notification.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';

/** Telling people about a run. */
export function notificationMutations({ config, notifier }: Host) {
  /**
   * Sends one message over the configured channels. Changes: a line in the notifications file, and what the channels
   * do with it. A key is sent once per run, however often this is repeated; a channel that fails is said, no failure.
   */
  const announce: Mutation<
    {
      readonly key: string;
      readonly subject: string;
      readonly text: string;
      /** Default: operators. */
      readonly audience?: Audience;
      /** Kinds: only when the last message to the audience was of one of them; default: always. */
      readonly after?: readonly string[];
    },
    { readonly channels: string }
  > = async ({ effects, stamp }, { key, subject, text, audience = 'operators', after }) =>
    effects.perform(
      `fdts-ops: notify ${audience} "${subject}"`,
      async () => {
        const runId = runName(stamp);
        const sent = await notifier.notify({
          runId,
          kind: key,
          subject: `${config.host.name}: ${subject}`,
          text,
          audience,
          after,
          key: `${runId}/${key}`,
        });
        const ended = Object.entries({ file: sent.file, ...sent.channels });
        return { channels: ended.map(([name, result]) => `${name} ${result}`).join(', ') };
      },
      { channels: 'none, dry run' },
    );

  return { announce };
}
