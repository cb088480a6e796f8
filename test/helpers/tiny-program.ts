import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * A small peer as a student writes it: reads its menu, answers a line on the connection of the request and closes. For whoever
 * measures or judges programs that are not ours: `node --import tsx tiny-program.ts <address> <neighbours> <folder> [habit]`.
 *
 * Habits: `teimoso` does not listen to SIGTERM and has a child that does not either; `fraco` dies at its 40th DL; `mentiroso`
 * sends other bytes than it has.
 */
const [address = '', neighbours = '', folder = '', habit = ''] = process.argv.slice(2);
const [host = '', port = ''] = address.split(':');
let clock = 0;
let downloads = 0;

readFileSync(neighbours);
// Without its menu it ends, as most of them do.
createInterface(process.stdin).on('close', () => process.exit(1));

if (habit === 'teimoso') {
  process.on('SIGTERM', () => undefined);
  spawn('sh', ['-c', `trap "" TERM; while true; do sleep 1; done # ${folder}`], { stdio: 'inherit' });
}

function replyTo(type: string, args: readonly string[]): string | undefined {
  switch (type) {
    case 'GET_PEERS':
      return 'PEER_LIST 0';
    case 'LS': {
      const names = readdirSync(folder);
      return [`LS_LIST ${names.length}`, ...names.map((n) => `${n}:${statSync(join(folder, n)).size}`)].join(
        ' ',
      );
    }
    case 'DL': {
      downloads += 1;
      if (habit === 'fraco' && downloads === 40) throw new Error('não aguento mais');
      const [name = '', size = '', index = ''] = args;
      const path = join(folder, name);
      if (!existsSync(path)) return undefined;
      const from = Number(size) * Number(index);
      const data = readFileSync(path).subarray(from, from + Number(size));
      if (habit === 'mentiroso') data.fill(0);
      return `FILE ${name} ${data.length} ${index} ${data.toString('base64')}`;
    }
    default:
      return undefined;
  }
}

net
  .createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      if (!text.includes('\n')) return;
      const [, told = '0', type = '', ...args] = text.trim().split(' ');
      text = '';
      clock = Math.max(clock, Number(told)) + 1;
      const reply = replyTo(type, args);
      if (reply === undefined) return socket.end();
      clock += 1;
      socket.end(`${address} ${clock} ${reply}\n`, 'latin1');
    });
  })
  .listen(Number(port), host);
