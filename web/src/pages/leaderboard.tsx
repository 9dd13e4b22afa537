// The leaderboard: one table per group of rows that may be compared.
import { useRef, useState } from 'preact/hooks';
import type { CallError } from '../api/client';
import type { LeaderboardEntry, LeaderboardGroup } from '../api/types';
import { Age, Chip, Command, Download, EmulatedBadge, Empty, Failure, Heading, Loading, Scroll, SortHead, Unknown } from '../components/basics';
import { Filters } from '../components/filters';
import { bytes, duration, frequency, grouped, relativeInterval, significant, toNumber } from '../format/number';
import { counted, tickUnit, timingSource, verifiedWord } from '../format/words';
import { commandOf, groupKey, joinPages, ofKind, requestOf, sorted, type SortName, sortOf, tiedRanks } from '../model/leaderboard';
import { useRouter, withQuery } from '../router';
import { useLiveEvents, useResource, useServices } from '../services';

const METHOD = 'tinyrig.v1.LeaderboardService/QueryLeaderboard';
/** New results come in bursts; one reload serves them all. */
const RELOAD_PAUSE_MS = 2_000;

function ByteCell({ count }: { count: string | undefined }) {
  const value = toNumber(count);
  return <td class="num">{value > 0 ? bytes(value) : <Unknown why="Memory was not measured in this run." />}</td>;
}

function Row({ entry, best, tied, emulated }: { entry: LeaderboardEntry; best: number; tied: boolean; emulated: boolean }) {
  const median = toNumber(entry.latencyMedianTicks);
  const macs = toNumber(entry.macs);
  const interval = relativeInterval(median, entry.latencyIntervalTicks);
  const { low, high } = entry.latencyIntervalTicks ?? {};
  const ratio = best > 0 ? median / best : 0;
  return (
    <tr>
      <td class="num rank" title={tied ? 'Shared rank: the intervals overlap or one is unknown.' : undefined}>
        {entry.rank}
        {tied && <span class="tie">=</span>}
      </td>
      <th scope="row">
        <a href={`/runs/${encodeURIComponent(entry.runId ?? '')}`}>{entry.boardType}</a>
        <small>
          {entry.core}
          {toNumber(entry.clockHz) > 0 && !emulated && ` · ${frequency(toNumber(entry.clockHz))}`}
          {emulated && ' · emulated'}
        </small>
      </th>
      <td class="num strong">
        {grouped(median)}
        {toNumber(entry.latencyMedianUs) > 0 && <small>{duration(toNumber(entry.latencyMedianUs))}</small>}
      </td>
      <td class="num">
        {interval ? (
          <span title={`${grouped(toNumber(low))} … ${grouped(toNumber(high))}`}>{interval}</span>
        ) : (
          <Unknown why="An interval covers sessions; one session says nothing about their spread." />
        )}
        <small>
          n = {entry.sampleCount ?? 0} in {counted(entry.sessions ?? 0, 'session')}
        </small>
      </td>
      <td class="num ratio">
        <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
          <rect width={ratio > 0 ? 100 / ratio : 0} height="4" />
        </svg>{' '}
        {ratio.toFixed(2)}×
      </td>
      <td class="num">{macs > 0 ? significant(median / macs) : '–'}</td>
      <ByteCell count={entry.arenaBytes} />
      <ByteCell count={entry.ramBytes} />
      <ByteCell count={entry.flashBytes} />
      <td>
        {entry.runtime}
        <small title="Build id of the agent">{entry.agentBuildId?.slice(0, 8) || 'build unknown'}</small>
      </td>
      <td>
        <Chip word={verifiedWord(entry.verified)} title="Whether the board's outputs equal the expected ones." />
      </td>
      <td>
        <Age of={entry.measureTime} />
        <small>{entry.boardId}</small>
      </td>
    </tr>
  );
}

function Group({ group }: { group: LeaderboardGroup }) {
  const router = useRouter();
  const { by, descending } = sortOf(router.query);
  const entries = group.entries ?? [];
  const tied = tiedRanks(entries);
  const best = Math.min(...entries.map((entry) => toNumber(entry.latencyMedianTicks)));
  const unit = tickUnit(group.tickUnit);
  const emulated = group.emulated ?? false;
  const head = (name: SortName, text: string, css = '', title?: string) => (
    <SortHead
      active={by === name}
      descending={descending}
      class={css}
      {...(title ? { title } : {})}
      onSort={() => router.go(withQuery(router, { sort: by === name && !descending ? `-${name}` : name }), true)}
    >
      {text}
    </SortHead>
  );
  return (
    <section class="group">
      <h2>
        {group.modelName} {emulated && <EmulatedBadge />} <span class="badge plain">{timingSource(group.timingSource)}</span>
      </h2>
      <p class="fine">
        {group.comparability} <span class="mono">sha256 {group.modelSha256?.slice(0, 12)}</span>
      </p>
      <Scroll label={`${group.modelName}, ${timingSource(group.timingSource)}: ranking, scrolls sideways`}>
        <table class="board">
          <caption>
            {group.modelName}: median latency in {unit}
            {emulated && ', emulated'}. {counted(entries.length, 'row')} that may be compared.
          </caption>
          <thead>
            <tr>
              {head('rank', '#', 'num')}
              {head('board', 'Board type')}
              {head('latency', `Median, ${unit}`, 'num')}
              <th scope="col" class="num" title="95 % interval of the median over sessions (one reset and load each), relative to it">
                95 % interval, n
              </th>
              <th scope="col" class="num" title="Median relative to the best of this table; the bar is best / this">
                vs best
              </th>
              <th scope="col" class="num" title={`${unit} per multiply-accumulate`}>
                per MAC
              </th>
              {head('arena', 'Arena', 'num', 'Tensor arena used, measured on the board')}
              {head('ram', 'RAM', 'num', 'Arena, stack high-water and static RAM')}
              {head('flash', 'Flash', 'num', 'Agent and packed model')}
              {head('runtime', 'Runtime')}
              <th scope="col">Outputs</th>
              {head('measured', 'Measured')}
            </tr>
          </thead>
          <tbody>
            {sorted(entries, by, descending).map((entry) => (
              <Row key={entry.runId} entry={entry} best={best} tied={tied.has(entry.rank ?? 0)} emulated={emulated} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

export function LeaderboardPage() {
  const router = useRouter();
  const { call, announce } = useServices();
  const request = requestOf(router.query);
  const resource = useResource(JSON.stringify(request), (ask, signal) => ask(METHOD, request, signal));
  const [more, setMore] = useState<'idle' | 'loading' | CallError>('idle');
  const reloadPlanned = useRef(false);
  useLiveEvents((event) => {
    if (event.run?.state !== 'RUN_STATE_FINISHED' || event.run.outcome !== 'OUTCOME_SUCCEEDED' || reloadPlanned.current) return;
    reloadPlanned.current = true;
    setTimeout(() => {
      reloadPlanned.current = false;
      resource.reload();
      announce('The leaderboard has new results');
    }, RELOAD_PAUSE_MS);
  });

  const { data, error } = resource;
  const groups = ofKind(data?.groups ?? [], router.query.get('kind'));
  const filtered = ['model', 'board', 'runtime', 'kind'].some((name) => router.query.has(name));
  const nextPage = async () => {
    setMore('loading');
    try {
      const next = await call(METHOD, { ...request, pageToken: data?.nextPageToken ?? '' });
      resource.update((shown) => ({ ...next, groups: joinPages(shown.groups ?? [], next.groups ?? []) }));
      setMore('idle');
    } catch (reason) {
      setMore(reason as CallError);
    }
  };
  return (
    <>
      <Heading title="Leaderboard" />
      <p class="lead">
        The best valid result of each model, board type and runtime. Rows are ranked only against the same model, input and timing source;
        emulated boards never against silicon.
      </p>
      <Filters groups={data?.groups ?? []} />
      <div class="tools">
        <Command text={commandOf(router.query)} />
        <Download name="tinyrig-leaderboard.csv" type="text/csv" content={async () => (await import('../model/csv')).csvOf(groups)}>
          Save CSV
        </Download>
        <Download name="tinyrig-leaderboard.json" type="application/json" content={async () => JSON.stringify({ groups }, null, 2)}>
          Save JSON
        </Download>
      </div>
      {error && <Failure error={error} retry={resource.reload} />}
      {!data && !error && <Loading what="the leaderboard" />}
      {data && groups.length === 0 && (
        <Empty command={filtered ? 'tinyrig leaderboard' : 'tinyrig submit model.tflite --board all --skip-unfit --wait'}>
          {filtered ? 'No result fits these filters.' : 'No results yet. Benchmark a model on every board that can hold it:'}
        </Empty>
      )}
      {groups.map((group) => (
        <Group key={groupKey(group)} group={group} />
      ))}
      {data?.nextPageToken && (
        <p class="state">
          <button type="button" disabled={more === 'loading'} onClick={nextPage}>
            {more === 'loading' ? 'Loading …' : 'Load more rows'}
          </button>
          {typeof more === 'object' && ` ${more.message}`}
        </p>
      )}
    </>
  );
}
