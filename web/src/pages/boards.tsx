// The farm, live: what each board does and how much it is trusted.
import { memo } from '../components/memo';
import type { Board, BoardType } from '../api/types';
import { Age, Chip, EmulatedBadge, Empty, Failure, Heading, Loading, Progress, Scroll, Unknown } from '../components/basics';
import { bytes, frequency, grouped, toNumber } from '../format/number';
import { runtimeName } from '../format/runtime';
import { activityWord, healthWord } from '../format/states';
import { changeOf, countsOf, withBoard } from '../model/boards';
import { useLiveEvents, useResource, useServices } from '../services';

interface Farm {
  // Why no board gets work; empty: they do.
  stopped: string;
  boards: Board[];
  types: Map<string, BoardType>;
}

const Row = memo(({ board, type }: { board: Board; type: BoardType | undefined }) => {
  const finished = toNumber(board.runsFinished);
  const failed = toNumber(board.runsFailed);
  return (
    <tr>
      <th scope="row">
        {board.id} {board.emulated && <EmulatedBadge />}
        <small class="mono" title={board.port}>
          {board.port?.split('/').pop()}
        </small>
      </th>
      <td>
        <Chip word={activityWord(board.activity)} />
      </td>
      <td>
        <Chip word={healthWord(board.health)} title={board.healthReason} />
        {board.healthReason && <small class="wrap">{board.healthReason}</small>}
      </td>
      <td class="step">
        {board.currentRunId ? (
          <>
            <a href={`/runs/${encodeURIComponent(board.currentRunId)}`}>{board.currentRunId}</a>
            <small>
              <Progress step={board.currentStep} ratio={toNumber(board.currentStepProgress)} />
            </small>
          </>
        ) : (
          <span class="fine">none</span>
        )}
      </td>
      <td>
        {type?.displayName || board.boardType}
        <small>
          {type ? (
            <>
              {type.core}
              {!board.emulated && toNumber(type.clockHz) > 0 && ` · ${frequency(toNumber(type.clockHz))}`} · {bytes(toNumber(type.modelRamBytes))} for models
            </>
          ) : (
            board.boardType
          )}
        </small>
        {board.instrument && <small>energy by {board.instrument}</small>}
      </td>
      <td>
        {board.agent ? (
          <>
            {board.agent.runtimes?.map(runtimeName).join(', ') || 'runtimes unknown'}
            <small class="mono">build {board.agent.buildId?.slice(0, 8) || 'unknown'}</small>
          </>
        ) : (
          <Unknown why="The agent on this board has not said HELLO yet." />
        )}
        {board.identityWeak || !board.agent?.unitId ? (
          <small title="No chip id confirms which unit this is.">
            <span class="warn">▲ identity weak</span>
          </small>
        ) : (
          <small class="mono" title={`The chip's unique id: ${board.agent.unitId}`}>
            unit …{board.agent.unitId.slice(-8)}
          </small>
        )}
      </td>
      <td class="num">
        {grouped(finished)}
        {failed > 0 && <small class="bad">{grouped(failed)} failed</small>}
      </td>
      <td>
        <Age of={board.lastSeenTime} />
      </td>
    </tr>
  );
});

export function BoardsPage() {
  const { announce } = useServices();
  const resource = useResource<Farm>('boards', async (call, signal) => {
    const [boards, types] = await Promise.all([
      call('tinyrig.v1.BoardService/ListBoards', {}, signal),
      call('tinyrig.v1.BoardService/ListBoardTypes', {}, signal),
    ]);
    return {
      boards: boards.boards ?? [],
      stopped: boards.workStoppedMessage ?? '',
      types: new Map((types.boardTypes ?? []).map((type) => [type.id ?? '', type])),
    };
  });
  const { data, error } = resource;
  useLiveEvents((event) => {
    const board = event.board;
    if (!board) return;
    const change = data && changeOf(data.boards.find((other) => other.id === board.id), board);
    if (change) announce(change);
    resource.update((farm) => ({ ...farm, boards: withBoard(farm.boards, board) }));
  });
  const counts = countsOf(data?.boards ?? []);
  return (
    <>
      <Heading title="Boards" />
      {data && data.boards.length > 0 && (
        <p class="lead">
          {counts.all} boards: {counts.working} working, {counts.idle} idle, {counts.trouble} in trouble.
        </p>
      )}
      {data?.stopped && <p class="bad">No board gets work: {data.stopped}.</p>}
      {error && <Failure error={error} retry={resource.reload} />}
      {!data && !error && <Loading what="the boards" />}
      {data?.boards.length === 0 && <Empty command="tinyrig boards">This farm has no boards. They are listed in the daemon's farm file.</Empty>}
      {data && data.boards.length > 0 && (
        <Scroll label="Boards, scrolls sideways">
          <table class="farm">
            <caption>Boards of this farm, as they are now</caption>
            <thead>
              <tr>
                <th scope="col">Board</th>
                <th scope="col">Activity</th>
                <th scope="col">Health</th>
                <th scope="col">Current run</th>
                <th scope="col">Type</th>
                <th scope="col">Agent</th>
                <th scope="col" class="num">
                  Runs
                </th>
                <th scope="col">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {data.boards.map((board) => (
                <Row key={board.id} board={board} type={data.types.get(board.boardType ?? '')} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
