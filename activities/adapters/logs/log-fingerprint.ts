/**
 * What a message is about, without what it is about whom: quoted text, addresses, ids, numbers, file names and
 * `key=value` values are replaced, so that the same message always gives the same text and no personal data
 * leaves the host. At most 120 characters.
 */
export const logFingerprint = (message: string): string =>
  replacements
    .reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), message)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 120);

// Order matters: quoted text first, plain numbers last.
const replacements: readonly (readonly [RegExp, string])[] = [
  [/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|“[^”]*”|‘[^’]*’/g, '…'],
  // A quote that is never closed: the rest may be anybody's text.
  [/(^|\s)["'`“‘].*$/g, '$1…'],
  [/\b\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+/g, '<address>'],
  [/\b[a-z][a-z\d+.-]*:\/\/\S+/gi, '<address>'],
  [/\b([\w.-]+)=(?!…)[^\s,;]+/g, '$1=…'],
  [/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/(?<![\w:])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:])/gi, '<address>'],
  [/\beyJ[\w-]+(?:\.[\w-]+){1,2}/g, '<id>'],
  [/(?<![\w<])\/?(?:[\w.@%-]+\/)+[\w.@%-]*/g, '<path>'],
  [/(?<!\w)\/[\w.@%-]+/g, '<path>'],
  [/\b[\w-]+\.(?:pdf|docx?|xlsx?|csv|txt|png|jpe?g|gif|zip|gz|json|xml)\b/gi, '<path>'],
  [/\b(?=\w*\d)(?=\w*[a-z])\w{8,}\b/gi, '<id>'],
  [/\b[\da-f]{8,}\b/gi, '<id>'],
  [/[-+]?\d+(?:[.,:]\d+)*/g, '<n>'],
];
