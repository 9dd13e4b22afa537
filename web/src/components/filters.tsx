// The leaderboard's filters. They live in the URL; what can be chosen comes from the farm and the rows shown.
import type { LeaderboardGroup } from '../api/types';
import { FILTERS, type FilterName } from '../model/leaderboard';
import { useRouter, withQuery } from '../router';
import { useResource } from '../services';

const LABELS: Record<FilterName, string> = { model: 'Model', board: 'Board type', runtime: 'Runtime', kind: 'Boards' };
const KINDS: [string, string][] = [['emulated', 'emulated'], ['silicon', 'silicon'], ['host', 'host process']];

export function Filters({ groups }: { groups: LeaderboardGroup[] }) {
  const router = useRouter();
  const { data } = useResource('choices', async (call, signal) => {
    const [models, types] = await Promise.all([
      call('tinyrig.v1.ModelService/ListModels', {}, signal),
      call('tinyrig.v1.BoardService/ListBoardTypes', {}, signal),
    ]);
    return {
      model: (models.models ?? []).map((model) => model.name ?? ''),
      board: (types.boardTypes ?? []).map((type) => type.id ?? ''),
    };
  });
  const rows = groups.flatMap((group) => group.entries ?? []);
  const known: Record<FilterName, string[]> = {
    model: data?.model ?? groups.map((group) => group.modelName ?? ''),
    board: data?.board ?? rows.map((entry) => entry.boardType ?? ''),
    runtime: rows.map((entry) => entry.runtime ?? ''),
    kind: [],
  };
  const choices = (name: FilterName): [string, string][] => {
    if (name === 'kind') return KINDS;
    const names = new Set([...known[name], router.query.get(name) ?? '']);
    names.delete('');
    return [...names].sort().map((value) => [value, value]);
  };
  const active = FILTERS.some((name) => router.query.has(name));
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {FILTERS.map((name) => (
        <label key={name}>
          {LABELS[name]}
          <select
            value={router.query.get(name) ?? ''}
            onChange={(event) => router.go(withQuery(router, { [name]: event.currentTarget.value }))}
          >
            <option value="">all</option>
            {choices(name).map(([value, text]) => (
              <option key={value} value={value} selected={value === router.query.get(name)}>
                {text}
              </option>
            ))}
          </select>
        </label>
      ))}
      {active && (
        <button type="button" onClick={() => router.go(withQuery(router, Object.fromEntries(FILTERS.map((name) => [name, undefined]))))}>
          Clear filters
        </button>
      )}
    </form>
  );
}
