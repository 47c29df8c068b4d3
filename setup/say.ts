/** Tells the person one line of progress. On stderr: stdout may have to end with one line of JSON. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
