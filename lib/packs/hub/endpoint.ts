import { describe, invalidArgument, KdtalkerError } from '../../errors.js';

/** A model hub and the caller's credentials. */
export interface Hub {
  /** Base URL without a slash at its end. */
  url: string;
  /** Sent only to the hub itself, never to the target of a redirect. */
  token?: string;
}

/** Options that choose a hub other than the public one. */
export interface HubOptions {
  /** Base URL; default: `HF_ENDPOINT`, else the public hub. */
  endpoint?: string;
  /** Access token, for repositories that require accepted terms; default: `HF_TOKEN`, else none. */
  token?: string;
}

const PUBLIC = 'https://huggingface.co';
/** Prefix of the hub's tokens; its client refuses all others. */
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
  // Other parts of a URL (a user, a query) are not valid before the paths of the hub.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A message never contains the token. */
function checkToken(value: string | undefined, name: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && TOKEN.test(value)) return value;
  const received = typeof value === 'string' ? 'another text' : describe(value);
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected an access token, which begins with hf_, for ${name} but received ${received}`,
  );
}
