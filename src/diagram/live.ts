import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { follow } from './tail-files.ts';

const HOST = '127.0.0.1';
/** Pages that follow at the same time; each reads the files for itself. */
const MAX_PAGES = 16;

export interface LiveOptions {
  readonly paths: readonly string[];
  readonly page: string;
  /** Ends the server and every page's stream. */
  readonly signal: AbortSignal;
}

/**
 * Serves the page and, as server-sent events, the lines of the logs as they grow. Loopback only; a request under another
 * name than the loopback's (a page elsewhere that had its name point here) is refused, and so is all but GET.
 */
export class LiveServer {
  readonly #options: LiveOptions;
  readonly #server: http.Server;
  #pages = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#server = http.createServer((request, response) => this.#serve(request, response));
  }

  /** Starts to listen on a free port and returns the address for a browser. */
  async listen(): Promise<string> {
    this.#server.listen(0, HOST);
    await once(this.#server, 'listening');
    return `http://${HOST}:${this.#port}/`;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method, url, headers } = request;
    const hosts = [`${HOST}:${this.#port}`, `localhost:${this.#port}`];
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (!hosts.includes(headers.host ?? '')) return refuse(response, 421, 'este endereço não é daqui');
    if (method !== 'GET') {
      response.setHeader('Allow', 'GET');
      return refuse(response, 405, 'só GET');
    }
    if (url === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(this.#options.page);
    } else if (url === '/eventos') {
      if (this.#pages >= MAX_PAGES) return refuse(response, 503, 'páginas demais');
      void this.#stream(response);
    } else {
      refuse(response, 404, 'não há nada aqui');
    }
  }

  async #stream(response: http.ServerResponse): Promise<void> {
    this.#pages += 1;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    // A page that lost its connection begins anew: what it had is sent again, and it must not count twice.
    response.write(`event: inicio\ndata: ${JSON.stringify(this.#options.paths)}\n\n`);
    const signal = AbortSignal.any([gone.signal, this.#options.signal]);
    try {
      for await (const piece of follow(this.#options.paths, signal)) {
        if (!response.write(`data: ${JSON.stringify(piece)}\n\n`)) {
          await once(response, 'drain', { signal }).catch(() => undefined);
        }
      }
    } catch (error) {
      response.write(
        `event: erro\ndata: ${JSON.stringify(error instanceof Error ? error.message : '?')}\n\n`,
      );
    } finally {
      this.#pages -= 1;
      response.end();
    }
  }
}

function refuse(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
