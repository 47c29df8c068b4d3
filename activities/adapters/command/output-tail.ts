/** Keeps the last `limitBytes` of what is pushed, so that a chatty program cannot fill the worker's memory. */
export const createOutputTail = (limitBytes: number): OutputTail => {
  let chunks: Buffer[] = [];
  let held = 0;
  let truncated = false;
  const compact = (): Buffer => {
    const all = Buffer.concat(chunks);
    truncated ||= all.length > limitBytes;
    const kept = all.length > limitBytes ? all.subarray(all.length - limitBytes) : all;
    chunks = [kept];
    held = kept.length;
    return kept;
  };
  return {
    push: (chunk) => {
      chunks.push(chunk);
      held += chunk.length;
      if (held > 2 * limitBytes) compact();
    },
    text: () => {
      const kept = compact().toString('utf8');
      // The cut falls anywhere: begin with a whole line.
      return truncated ? kept.slice(kept.indexOf('\n') + 1) : kept;
    },
    isTruncated: () => {
      compact();
      return truncated;
    },
  };
};

/** The end of a stream: see `createOutputTail`. */
export type OutputTail = {
  push(chunk: Buffer): void;
  text(): string;
  isTruncated(): boolean;
};
