import { HttpError } from './http-error.mjs';

const limitBytes = 20 * 1024 * 1024;

/** The whole body of a request. */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limitBytes) throw new HttpError(413, 'body is larger than 20 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as a JSON object. */
export async function readJson(request) {
  const text = (await readBody(request)).toString();
  try {
    const value = JSON.parse(text);
    if (value && typeof value === 'object') return value;
  } catch {
    // falls through to the same answer
  }
  throw new HttpError(400, 'body is not a JSON object');
}

/** The first file of a multipart/form-data body: its name and bytes. */
export async function readUpload(request) {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) throw new HttpError(400, 'expected multipart/form-data');
  const form = await new Response(await readBody(request), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw new HttpError(400, 'multipart body cannot be read');
    });
  for (const value of form.values()) {
    if (typeof value !== 'string') return { name: value.name, bytes: Buffer.from(await value.arrayBuffer()) };
  }
  throw new HttpError(400, 'multipart body has no file');
}
