/** `12 KB`, `3.4 MB`: for reports; units of 1000. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)} KB`;
  const millions = bytes / 1_000_000;
  return `${millions < 10 ? millions.toFixed(1) : millions.toFixed(0)} MB`;
}
