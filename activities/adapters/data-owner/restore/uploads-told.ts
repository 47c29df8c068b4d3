/** Of a backup whose database alone is restored. */
export function tellKept(stagedUploads: string): string {
  return `no manifest says that it has all uploads: its database alone takes the place of the live one, and the uploads stay as they are; its own lie in ${stagedUploads}`;
}

/** An archive from before a name was excluded has it: then it is swapped as all else is. */
export function tellExcluded(without: readonly string[], stays: readonly string[]): string[] {
  const inBackup = without.filter((name) => !stays.includes(name));
  return [
    ...(stays.length > 0
      ? [`named in data.uploadsExclude, stays in the uploads as it is: ${stays.join(', ')}`]
      : []),
    ...(inBackup.length > 0
      ? [
          `named in data.uploadsExclude, but the backup has it: ${inBackup.join(', ')}; the live one is moved aside with the rest`,
        ]
      : []),
  ];
}
