/** What taking down leaves on the machine. */
export interface Left {
  /** Debian packages that set-up installed and that are still there. */
  readonly packages: readonly string[];
  /** The folder of what was downloaded or made outside the checkout; undefined when there is none. */
  readonly cache: string | undefined;
}

/** Names it for a person, each with the command that removes it. */
export function whatStays({ packages, cache }: Left): string[] {
  const names = packages.join(' ');
  return [
    ...(packages.length === 0
      ? []
      : [`Packages that set-up installed stay: ${names}`, `  to remove them: apt-get purge ${names}`]),
    ...(cache === undefined
      ? []
      : [
          `The cache outside the checkout stays (a Temporal server, first data of the sandbox): ${cache}`,
          `  to remove it: rm -r ${cache}`,
        ]),
  ];
}
