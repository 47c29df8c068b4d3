/** A text as one line of at most `maxBytes` bytes of UTF-8; what was cut off is shown by `…`. */
export function clip(text: string, maxBytes: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const encoder = new TextEncoder();
  if (encoder.encode(line).length <= maxBytes) return line;
  let clipped = '';
  let bytes = encoder.encode('…').length;
  // By code points, so that no character is cut in two.
  for (const character of line) {
    bytes += encoder.encode(character).length;
    if (bytes > maxBytes) break;
    clipped += character;
  }
  return `${clipped}…`;
}
