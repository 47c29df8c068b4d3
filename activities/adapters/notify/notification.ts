/** Whom a message is for: those who run FDTS, or those who use it. */
export type Audience = 'operators' | 'users';

/** One message to people. Carries counts, ids and paths; never a secret or a raw log line. */
export type Notification = {
  readonly runId: string;
  /** What it is about: `gate-open`, `rolled-back`. */
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  /** Default: operators. */
  readonly audience?: Audience | undefined;
  /** Kinds: it is sent only when the last message to its audience was of one of them; default: always. */
  readonly after?: readonly string[] | undefined;
  /** Tells two messages of one run and kind apart, such as a gate that reopens; default: run and kind. */
  readonly key?: string | undefined;
};

/** One way to people. */
export interface Channel {
  /** As results name it; unique among the channels of a host. */
  readonly name: string;
  readonly audience: Audience;
  /** Hands the message over; throws when it was not taken within `timeoutMs`. */
  readonly send: (message: Notification, timeoutMs: number) => Promise<void>;
}

/** The key under which a message is sent once. */
export const keyOf = ({ key, runId, kind }: Notification): string => key ?? `${runId}/${kind}`;
