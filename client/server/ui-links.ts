/** Links into the Temporal UI; null when its address is not known. */
export interface UiLinks {
  readonly run: (workflowId: string, runId: string) => string | null;
  readonly query: (query: string) => string | null;
}

/** @param uiUrl address of the UI, or null. */
export function uiLinks(uiUrl: string | null, namespace: string): UiLinks {
  if (uiUrl === null) return { run: () => null, query: () => null };
  const workflows = `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  return {
    run: (workflowId, runId) => `${workflows}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}`,
    query: (query) => `${workflows}?query=${encodeURIComponent(query)}`,
  };
}
