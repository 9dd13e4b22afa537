// Memory of a run, measured on the board; the arena operator by operator with its peak.
import type { MemoryResult, OperatorProfile } from '../api/types';
import { bytes, grouped, percent, toNumber } from '../format/number';
import { arenaPeak } from '../model/profile';
import { Scroll, Unknown } from './basics';

/** A column for each operator: arena bytes that live while it runs, against the plan and the lower bound. */
function ArenaChart({ operators, memory }: { operators: OperatorProfile[]; memory: MemoryResult }) {
  const live = operators.map((operator) => toNumber(operator.arenaLiveBytes));
  const peak = arenaPeak(operators);
  if (peak < 0) return null;
  const planned = toNumber(memory.arenaPlannedBytes);
  const bound = toNumber(memory.arenaLowerBoundBytes);
  const top = Math.max(planned, bound, ...live) * 1.06;
  const y = (count: number) => 100 - (100 * count) / top;
  const at = operators[peak];
  const where = `operator ${at?.index ?? 0} (${at?.kind})`;
  return (
    <figure>
      <svg
        class="arena"
        viewBox={`0 0 ${operators.length} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Live arena bytes of ${operators.length} operators; peak ${bytes(live[peak] ?? 0)} at ${where}; planned ${bytes(planned)}. The table after it has every number.`}
      >
        {live.map((count, i) => (
          <rect key={i} class={i === peak ? 'peak' : ''} x={i + 0.06} width={0.88} y={y(count)} height={100 - y(count)}>
            <title>{`#${operators[i]?.index ?? 0} ${operators[i]?.kind}: ${bytes(count)}`}</title>
          </rect>
        ))}
        {planned > 0 && <line class="planned" x1={0} x2={operators.length} y1={y(planned)} y2={y(planned)} />}
        {bound > 0 && <line class="bound" x1={0} x2={operators.length} y1={y(bound)} y2={y(bound)} />}
      </svg>
      <figcaption>
        Arena live while each operator runs, in running order. <span class="key peak" aria-hidden="true" /> peak {bytes(live[peak] ?? 0)} at {where} ·{' '}
        <span class="key planned" aria-hidden="true" /> planned {bytes(planned)} · <span class="key bound" aria-hidden="true" /> lower bound{' '}
        {bytes(bound)}
      </figcaption>
      <details>
        <summary>The same as a table</summary>
        <Scroll label="Arena by operator, scrolls sideways">
          <table>
            <caption>Arena bytes live while each operator runs</caption>
            <thead>
              <tr>
                <th scope="col" class="num">
                  #
                </th>
                <th scope="col">Operator</th>
                <th scope="col" class="num">
                  Live bytes
                </th>
              </tr>
            </thead>
            <tbody>
              {operators.map((operator, i) => (
                <tr key={i}>
                  <td class="num">{operator.index ?? 0}</td>
                  <th scope="row">{operator.kind}</th>
                  <td class="num">
                    {grouped(live[i] ?? 0)}
                    {i === peak && ' ▲ peak'}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

export function MemorySection({ memory, operators }: { memory: MemoryResult; operators: OperatorProfile[] }) {
  const used = toNumber(memory.arenaUsedBytes);
  const bound = toNumber(memory.arenaLowerBoundBytes);
  const stack = toNumber(memory.stackHighWaterBytes);
  const stackSize = toNumber(memory.stackSizeBytes);
  const rows: [string, number, string][] = [
    ['Arena used', used, bound > 0 ? `${percent(used / bound - 1)} above the lower bound of ${bytes(bound)}` : ''],
    ['Arena planned', toNumber(memory.arenaPlannedBytes), ''],
    ['Stack high-water', stack, stackSize > 0 ? `${percent(stack / stackSize, 0)} of ${bytes(stackSize)}` : ''],
    ['Static RAM of the agent', toNumber(memory.staticRamBytes), '.data and .bss without arena and stack'],
    ['Flash of the agent', toNumber(memory.agentFlashBytes), ''],
    ['Packed model', toNumber(memory.packedModelBytes), ''],
  ];
  return (
    <section>
      <h2>Memory</h2>
      <div class="columns wide-second">
        <Scroll label="Memory, scrolls sideways">
          <table>
            <caption>Measured on the board, n = 1</caption>
            <tbody>
              {rows.map(([name, count, remark]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="num" title={`${grouped(count)} bytes`}>
                    {count > 0 ? bytes(count) : <Unknown why="The agent did not report it." />}
                  </td>
                  <td class="fine">{remark}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        <ArenaChart operators={operators} memory={memory} />
      </div>
    </section>
  );
}
