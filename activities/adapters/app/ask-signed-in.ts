import { sendRequest } from './send-request.ts';

/** Asks an address that answers only to somebody who is signed in, with the headers of a token; gives the status. */
export const askSignedIn = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<number> => {
  const { status } = await sendRequest({ what: 'askSignedIn', url, method: 'GET', headers, ...options });
  return status;
};
