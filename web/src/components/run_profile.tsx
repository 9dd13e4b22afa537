// Where the time goes: every operator of a run, as one strip and as a table, held against the end-to-end count.
import type { OperatorProfile, ProfileResult, RunProvenance } from '../api/types';
import { bytes, grouped, percent, signedPercent, toNumber } from '../format/number';
import { counted, tickUnit } from '../format/words';
import { agreementOf, arenaPeak, byKind, colourOf, type KindTotal, macsPerTick, OPERATOR_SORTS, type OperatorSort, sortedOperators } from '../model/profile';
import { useRouter, withQuery } from '../router';
import { Chip, Scroll, SortHead, Unknown } from './basics';

/** All operators side by side in the order they run, as wide as their share. */
function ShareStrip({ operators, kinds }: { operators: OperatorProfile[]; kinds: KindTotal[] }) {
  let from = 0;
  const top = [...operators].sort((a, b) => toNumber(b.share) - toNumber(a.share))[0];
  return (
    <svg
      class="strip"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      role="img"
      aria-label={`Share of each of ${operators.length} operators in running order. The largest is number ${top?.index ?? 0}, ${top?.kind}, with ${percent(toNumber(top?.share))}. The table after it has every number.`}
    >
      {operators.map((operator, i) => {
        const width = toNumber(operator.share) * 100;
        from += width;
        return (
          <rect key={i} class={colourOf(kinds, operator.kind)} x={from - width} width={width} height="10">
            <title>{`#${operator.index ?? 0} ${operator.kind}: ${percent(toNumber(operator.share))}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function KindLegend({ kinds }: { kinds: KindTotal[] }) {
  return (
    <ul class="legend">
      {kinds.map((total) => (
        <li key={total.kind}>
          <span class={`swatch ${colourOf(kinds, total.kind)}`} aria-hidden="true" /> <code>{total.kind}</code> {percent(total.share, total.share < 0.001 ? 3 : 1)}{' '}
          <span class="fine">
            {counted(total.operators, 'operator')}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Sum of the operators against the whole, with what profiling cost. */
function AgreementLine({ profile, unit }: { profile: ProfileResult; unit: string }) {
  const agreement = agreementOf(profile);
  if (!agreement) {
    return (
      <p>
        Sum of operators against end to end: <Unknown why="The clean or the instrumented count is missing." /> no clean latency was taken in
        this run.
      </p>
    );
  }
  const { sumTicks, cleanTicks, difference, overhead, withinOverhead } = agreement;
  return (
    <p class="agreement">
      Sum of operators <b class="num">{grouped(sumTicks)}</b> {unit}, end to end without instrumentation <b class="num">{grouped(cleanTicks)}</b>:{' '}
      <b>{signedPercent(difference, 3)}</b>. Instrumentation costs <b>{signedPercent(overhead, 3)}</b> (
      <span class="num">{grouped(toNumber(profile.instrumentedTicks))}</span> end to end with it
      {toNumber(profile.counterReadTicks) > 0 && <>; reading the counter takes {grouped(toNumber(profile.counterReadTicks))}, once per operator</>}
      ).{' '}
      <Chip
        word={
          withinOverhead
            ? { text: 'agrees within the overhead', icon: '✓', tone: 'good' }
            : { text: 'differs by more than the overhead', icon: '▲', tone: 'warn' }
        }
      />
    </p>
  );
}

function Row(props: { operator: OperatorProfile; kinds: KindTotal[]; largest: number; peak: boolean }) {
  const { operator, kinds, largest, peak } = props;
  const perTick = macsPerTick(operator);
  const share = toNumber(operator.share);
  return (
    <tr>
      <td class="num">{operator.index ?? 0}</td>
      <th scope="row">
        {operator.kind}
        <small>{operator.kernel}</small>
      </th>
      <td class="num strong">{grouped(toNumber(operator.ticks))}</td>
      <td class="num share">
        <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect class={colourOf(kinds, operator.kind)} width={largest > 0 ? (100 * share) / largest : 0} height="4" />
        </svg>{' '}
        {percent(share, share < 0.001 ? 3 : 1)}
      </td>
      <td class="num">{toNumber(operator.macs) > 0 ? grouped(toNumber(operator.macs)) : '–'}</td>
      <td class="num">{perTick === undefined ? '–' : grouped(perTick, 3)}</td>
      <td class="num">{toNumber(operator.weightBytes) > 0 ? bytes(toNumber(operator.weightBytes)) : '–'}</td>
      <td class="num">
        {bytes(toNumber(operator.arenaLiveBytes))}
        {peak && <small class="peak">▲ peak</small>}
      </td>
      <td class="shape">{operator.shape}</td>
    </tr>
  );
}

export function ProfileSection({ profile, provenance }: { profile: ProfileResult; provenance: RunProvenance | undefined }) {
  const router = useRouter();
  const unit = tickUnit(provenance?.tickUnit);
  const operators = profile.operators ?? [];
  const kinds = byKind(operators);
  const wanted = router.query.get('sort') ?? 'index';
  const by: OperatorSort = Object.hasOwn(OPERATOR_SORTS, wanted) ? (wanted as OperatorSort) : 'index';
  const largest = Math.max(...operators.map((operator) => toNumber(operator.share)));
  const peak = operators[arenaPeak(operators)]?.index ?? -1;
  const head = (name: OperatorSort, text: string, css = '') => (
    <SortHead
      active={by === name}
      descending={name !== 'index' && name !== 'kind'}
      class={css}
      onSort={() => router.go(withQuery(router, { sort: name === 'index' ? undefined : name }), true)}
    >
      {text}
    </SortHead>
  );
  return (
    <section>
      <h2>Profile by operator</h2>
      <AgreementLine profile={profile} unit={unit} />
      <ShareStrip operators={operators} kinds={kinds} />
      <KindLegend kinds={kinds} />
      <Scroll label="Profile by operator, scrolls sideways">
        <table class="profile">
          <caption>
            {operators.length} operators, mean {unit} over n = {profile.iterations ?? 0} profiled inferences
            {provenance?.emulated && ', emulated'}; interval per operator: unknown (not measured over sessions). Own overhead not removed.
          </caption>
          <thead>
            <tr>
              {head('index', '#', 'num')}
              {head('kind', 'Operator')}
              {head('ticks', unit, 'num')}
              <th scope="col" class="num">
                Share
              </th>
              {head('macs', 'MACs', 'num')}
              {head('macsPerTick', 'MACs per tick', 'num')}
              <th scope="col" class="num">
                Weights
              </th>
              <th scope="col" class="num">
                Arena live
              </th>
              <th scope="col">Shape</th>
            </tr>
          </thead>
          <tbody>
            {sortedOperators(operators, by).map((operator) => (
              <Row key={operator.index ?? 0} operator={operator} kinds={kinds} largest={largest} peak={(operator.index ?? 0) === peak} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td />
              <th scope="row">Sum</th>
              <td class="num strong">{grouped(toNumber(profile.sumTicks))}</td>
              <td class="num">{percent(operators.reduce((sum, operator) => sum + toNumber(operator.share), 0))}</td>
              <td class="num">{grouped(operators.reduce((sum, operator) => sum + toNumber(operator.macs), 0))}</td>
              <td />
              <td class="num">{bytes(operators.reduce((sum, operator) => sum + toNumber(operator.weightBytes), 0))}</td>
              <td />
              <td />
            </tr>
          </tfoot>
        </table>
      </Scroll>
    </section>
  );
}
