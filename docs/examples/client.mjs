// A program that keeps itself signed in at Vestibule: node client.mjs ORIGIN EMAIL, the password on standard input.
// Node 20 or later, nothing to install.
import { text } from 'node:stream/consumers';

/** Calls the API, and renews its tokens when they run out. */
export class Vestibule {
  #origin;
  #tokens;
  /** The renewal that is under way: a refresh token is good for one, whoever needs it. */
  #renewing;

  constructor(origin) {
    this.#origin = origin;
  }

  async signIn(email, password) {
    this.#tokens = await this.#send('POST', '/tokens', { email, password });
  }

  /** What the call answers. A refusal is thrown, with its `status`, `code` and `fields`. */
  async call(method, path, body) {
    const presented = this.#tokens.access_token;
    try {
      return await this.#send(method, path, body, presented);
    } catch (error) {
      if (error.status !== 401) throw error;
      // Another call may have renewed them meanwhile.
      if (presented === this.#tokens.access_token) await this.#renew();
      return this.#send(method, path, body, this.#tokens.access_token);
    }
  }

  async #renew() {
    const { refresh_token } = this.#tokens;
    this.#renewing ??= this.#send('POST', '/tokens/refresh', { refresh_token }).finally(() => {
      this.#renewing = undefined;
    });
    this.#tokens = await this.#renewing;
  }

  async #send(method, path, body, token) {
    const answer = await fetch(`${this.#origin}/api/v1${path}`, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.status === 204) return undefined;
    const json = await answer.json();
    if (answer.ok) return json;
    throw Object.assign(new Error(json.error.message), { status: answer.status, ...json.error });
  }
}

if (process.argv[1] === import.meta.filename) {
  const [origin, email] = process.argv.slice(2);
  const vestibule = new Vestibule(origin);
  await vestibule.signIn(email, (await text(process.stdin)).trimEnd());
  const me = await vestibule.call('GET', '/me');
  console.log(`${me.nickname} <${me.email}>`);
  for (const session of (await vestibule.call('GET', '/sessions')).sessions) {
    console.log(`${session.last_seen_at}  ${session.device}${session.current ? '  (this one)' : ''}`);
  }
  await vestibule.call('DELETE', '/tokens');
}
