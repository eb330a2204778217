import { APIConnectionError, APIError, type OpenAI } from 'openai';

/** What keeps an upstream server from answering, as far as its list of models tells. */
export interface UpstreamTrouble {
  /** What was seen and what to set, as one sentence without its subject. */
  readonly text: string;
  /** Whether chats fail for certain: nobody is there, or the key is refused. What is only likely is a hint at the start. */
  readonly isCertain: boolean;
}

/** As many as a line of the log bears. */
const MOST_NAMED = 8;

/**
 * Asks the server for its models, which costs it nothing. A server that has no such list, or a strange one, is in no trouble.
 * @param model the one that it will be asked for
 */
export async function findUpstreamTrouble(client: OpenAI, model: string, signal: AbortSignal): Promise<UpstreamTrouble | undefined> {
  try {
    const { data } = await client.models.list({ signal });
    return Array.isArray(data) ? troubleOfModels(data, model) : undefined;
  } catch (error) {
    if (signal.aborted) return { text: 'does not answer: is it up, and is UPSTREAM_BASE_URL right?', isCertain: true };
    if (error instanceof APIConnectionError) {
      return { text: `can not be reached (${reasonOf(error)}): start it, or correct UPSTREAM_BASE_URL`, isCertain: true };
    }
    return error instanceof APIError ? troubleOfStatus((error as APIError).status) : undefined;
  }
}

function troubleOfStatus(status: number | undefined): UpstreamTrouble | undefined {
  if (status === 401 || status === 403) return { text: `refuses the key (${status}): set UPSTREAM_API_KEY`, isCertain: true };
  if (status !== 404) return undefined;
  return { text: 'knows no /models (404): UPSTREAM_BASE_URL ends with the version, such as /v1', isCertain: false };
}

/** Ollama answers to a name without its tag. */
function troubleOfModels(models: readonly unknown[], model: string): UpstreamTrouble | undefined {
  const ids = models.map((each) => (each as { readonly id?: unknown } | null)?.id).filter((id) => typeof id === 'string');
  if (ids.length === 0 || ids.includes(model) || ids.includes(`${model}:latest`)) return undefined;
  const named = ids.slice(0, MOST_NAMED).join(', ') + (ids.length > MOST_NAMED ? ' ...' : '');
  return { text: `does not list the model ${model}: set UPSTREAM_MODEL to one of ${named}`, isCertain: false };
}

/** `ECONNREFUSED` or `bad port`, which stands below what the client and fetch say. */
function reasonOf({ message, code, cause }: { message: string; code?: string | null; cause?: unknown }): string {
  return typeof cause === 'object' && cause !== null ? reasonOf(cause as Error) : (code ?? message);
}
