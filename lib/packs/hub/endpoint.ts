import { describe, invalidArgument, KdtalkerError } from '../../errors.js';

/** A model hub, and what it knows the caller by. */
export interface Hub {
  /** Base URL without a slash at its end. */
  url: string;
  /** Sent to the hub itself and to nobody that it redirects to. */
  token?: string;
}

/** Options that say which hub, where it is not the public one. */
export interface HubOptions {
  /** Base URL; default: `HF_ENDPOINT`, else the public hub. */
  endpoint?: string;
  /** Access token, for repositories whose terms have to be accepted; default: `HF_TOKEN`, else none. */
  token?: string;
}

const PUBLIC = 'https://huggingface.co';
/** What the hub's tokens begin with; its client refuses all others. */
const TOKEN = /^hf_[\x21-\x7e]+$/;

/** The hub of the options or of the environment, in that order. @throws KdtalkerError INVALID_ARGUMENT */
export function hubOf({ endpoint, token }: HubOptions, environment = process.env): Hub {
  const secret = checkToken(
    token ?? environment.HF_TOKEN?.trim(),
    token === undefined ? 'HF_TOKEN' : 'token',
  );
  const url = checkUrl(
    endpoint ?? (environment.HF_ENDPOINT?.trim() || PUBLIC),
    endpoint === undefined ? 'HF_ENDPOINT' : 'endpoint',
  );
  return { url, ...(secret && { token: secret }) };
}

function checkUrl(value: string, name: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalidArgument('a http or https address', name, value);
  // What else an address may hold (a user, a query) has no place before the paths of the hub.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A token is never repeated in a message. */
function checkToken(value: string | undefined, name: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && TOKEN.test(value)) return value;
  const received = typeof value === 'string' ? 'another text' : describe(value);
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected an access token, which begins with hf_, for ${name} but received ${received}`,
  );
}
