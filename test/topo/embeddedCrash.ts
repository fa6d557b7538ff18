/** A process that writes one key after another and says each number once it is acknowledged: to be killed. Arguments: the folder. */
import { openTopo } from '../../src/topo/openTopo.ts';

const topo = await openTopo({ kind: 'embedded', directory: process.argv[2]! });
const start = Number((await topo.global.get('last'))?.value ?? '0');
await topo.global.lock('d', 'held while killed', { ttlSeconds: 1 });
for (let i = start + 1; ; i++) {
  await topo.global.update(`k/${i % 50}`, Buffer.from(`${i}:`.repeat(200)));
  await topo.global.update('last', Buffer.from(String(i)));
  process.stdout.write(`${i}\n`);
}
