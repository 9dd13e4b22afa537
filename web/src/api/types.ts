// Generated from proto/tinyrig/v1 by tools/generate_types.mjs ("npm run types"). Do not edit.
// Protobuf's JSON mapping: fields that hold their default may be absent, 64-bit integers are strings.

/** A 64-bit integer in decimal digits. */
export type Int64 = string;

export type Double = number | 'NaN' | 'Infinity' | '-Infinity';

/** RFC 3339, UTC. */
export type Timestamp = string;

/** Seconds: "1.5s". */
export type Duration = string;

export type Role =
  | 'ROLE_UNSPECIFIED'
  | 'ROLE_VIEWER'
  | 'ROLE_SUBMITTER'
  | 'ROLE_OPERATOR'
  | 'ROLE_ADMIN';

export interface Token {
  id?: string;
  user?: string;
  name?: string;
  role?: Role;
  createTime?: Timestamp;
  createdBy?: string;
  expireTime?: Timestamp;
  revokeTime?: Timestamp;
  lastUseTime?: Timestamp;
}

export type GetCallerRequest = Record<string, never>;

export interface GetCallerResponse {
  user?: string;
  role?: Role;
  tokensRequired?: boolean;
  expireTime?: Timestamp;
  quotas?: Quotas;
}

export interface Quotas {
  unfinishedJobs?: number;
  unfinishedJobsLimit?: number;
  uploadBytes?: Int64;
  uploadBytesLimit?: Int64;
  boardTimeS?: Int64;
  boardTimeSLimit?: Int64;
}

export interface CreateTokenRequest {
  user?: string;
  name?: string;
  role?: Role;
  expireTime?: Timestamp;
}

export interface CreateTokenResponse {
  token?: Token;
  secret?: string;
}

export type ListTokensRequest = Record<string, never>;

export interface ListTokensResponse {
  tokens?: Token[];
}

export interface RevokeTokenRequest {
  id?: string;
}

export interface RevokeTokenResponse {
  token?: Token;
}

export interface AuditLine {
  time?: Timestamp;
  user?: string;
  tokenId?: string;
  method?: string;
  subject?: string;
  result?: string;
}

export interface ListAuditLogRequest {
  limit?: number;
  subject?: string;
}

export interface ListAuditLogResponse {
  lines?: AuditLine[];
}

export type StorageKind =
  | 'STORAGE_KIND_UNSPECIFIED'
  | 'STORAGE_KIND_RECORDINGS'
  | 'STORAGE_KIND_SAMPLES'
  | 'STORAGE_KIND_JOB_LOGS'
  | 'STORAGE_KIND_BOARD_LOGS'
  | 'STORAGE_KIND_UNUSED_MODELS'
  | 'STORAGE_KIND_USED_MODELS'
  | 'STORAGE_KIND_RESULTS'
  | 'STORAGE_KIND_UPLOADS';

export type CheckState =
  | 'CHECK_STATE_UNSPECIFIED'
  | 'CHECK_STATE_WAITING'
  | 'CHECK_STATE_RUNNING'
  | 'CHECK_STATE_SOUND'
  | 'CHECK_STATE_DAMAGED';

export interface NextRemoval {
  subject?: string;
  sizeBytes?: Int64;
  ageTime?: Timestamp;
  quotaHeadroomBytes?: Int64;
  quotaTime?: Timestamp;
}

export interface StoredKind {
  kind?: StorageKind;
  count?: Int64;
  sizeBytes?: Int64;
  sizeEstimated?: boolean;
  oldestTime?: Timestamp;
  quotaBytes?: Int64;
  keepS?: Int64;
  next?: NextRemoval;
  removedCount?: Int64;
  removedBytes?: Int64;
  lastRemovalTime?: Timestamp;
}

export interface DatabaseCheck {
  state?: CheckState;
  time?: Timestamp;
  found?: string;
}

export type GetStorageRequest = Record<string, never>;

export interface GetStorageResponse {
  time?: Timestamp;
  kinds?: StoredKind[];
  databaseBytes?: Int64;
  reusableBytes?: Int64;
  logBytes?: Int64;
  returnsSpace?: boolean;
  diskFreeBytes?: Int64;
  diskTotalBytes?: Int64;
  resultsWaiting?: number;
  keepFreeBytes?: Int64;
  intakeStoppedReason?: string;
  intakeStoppedMessage?: string;
  check?: DatabaseCheck;
}

export type ExportBackupRequest = Record<string, never>;

export interface Backup {
  time?: Timestamp;
  serverVersion?: string;
  schemaVersion?: number;
  sizeBytes?: Int64;
  sha256?: string;
  jobs?: Int64;
  runs?: Int64;
  results?: Int64;
  models?: Int64;
}

export interface BackupProgress {
  doneBytes?: Int64;
  totalBytes?: Int64;
}

export interface ExportBackupResponse {
  progress?: BackupProgress;
  backup?: Backup;
  data?: string;
}

export interface Certificate {
  subject?: string;
  issuer?: string;
  names?: string[];
  notBeforeTime?: Timestamp;
  notAfterTime?: Timestamp;
  isCa?: boolean;
  forServers?: boolean;
  forClients?: boolean;
  sha256?: string;
}

export interface IssuedCertificate {
  certificateFile?: string;
  keyFile?: string;
  certificate?: Certificate;
}

export type Measurement =
  | 'MEASUREMENT_UNSPECIFIED'
  | 'MEASUREMENT_LATENCY'
  | 'MEASUREMENT_PROFILE'
  | 'MEASUREMENT_MEMORY'
  | 'MEASUREMENT_ENERGY'
  | 'MEASUREMENT_ACCURACY';

export type TimingSource =
  | 'TIMING_SOURCE_UNSPECIFIED'
  | 'TIMING_SOURCE_HARDWARE_CLOCK'
  | 'TIMING_SOURCE_INSTRUCTION_COUNT'
  | 'TIMING_SOURCE_HOST_CLOCK';

export type TickUnit =
  | 'TICK_UNIT_UNSPECIFIED'
  | 'TICK_UNIT_INSTRUCTIONS'
  | 'TICK_UNIT_CYCLES'
  | 'TICK_UNIT_NANOSECONDS'
  | 'TICK_UNIT_TIMER_TICKS';

export interface ErrorDetail {
  reason?: string;
  message?: string;
  hint?: string;
  metadata?: Record<string, string>;
}

export type Activity =
  | 'ACTIVITY_UNSPECIFIED'
  | 'ACTIVITY_OFFLINE'
  | 'ACTIVITY_IDLE'
  | 'ACTIVITY_LEASED'
  | 'ACTIVITY_BUSY'
  | 'ACTIVITY_CLEANING'
  | 'ACTIVITY_RECOVERING';

export type Health =
  | 'HEALTH_UNSPECIFIED'
  | 'HEALTH_UNKNOWN'
  | 'HEALTH_GOOD'
  | 'HEALTH_DEGRADED'
  | 'HEALTH_QUARANTINED'
  | 'HEALTH_MAINTENANCE'
  | 'HEALTH_RETIRED';

export type HoldKind =
  | 'HOLD_KIND_UNSPECIFIED'
  | 'HOLD_KIND_RESERVED'
  | 'HOLD_KIND_MAINTENANCE'
  | 'HOLD_KIND_QUARANTINED';

export type ModelFormat =
  | 'MODEL_FORMAT_UNSPECIFIED'
  | 'MODEL_FORMAT_PACKED'
  | 'MODEL_FORMAT_TFLITE';

export interface Hold {
  kind?: HoldKind;
  owner?: string;
  reason?: string;
  beginTime?: Timestamp;
  expireTime?: Timestamp;
}

export interface BoardType {
  id?: string;
  displayName?: string;
  mcu?: string;
  core?: string;
  clockHz?: Int64;
  emulated?: boolean;
  timingSource?: TimingSource;
  tickUnit?: TickUnit;
  modelRamBytes?: Int64;
  modelSlotBytes?: Int64;
  flashBytes?: Int64;
  ramBytes?: Int64;
  labels?: string[];
  agentFlashBytes?: Int64;
  flashEraseCycles?: Int64;
  nominalPower?: NominalPower;
}

export interface NominalPower {
  supplyMv?: number;
  runUa?: number;
  sleepUa?: number;
}

export interface AgentRuntime {
  name?: string;
  version?: string;
  modelFormat?: ModelFormat;
  core?: string;
}

export interface AgentIdentity {
  protocolVersion?: number;
  buildId?: string;
  unitId?: string;
  boardType?: string;
  bootCount?: number;
  runtimes?: AgentRuntime[];
}

export interface FlashWear {
  firmwareWrites?: Int64;
  modelSlotWrites?: Int64;
}

export interface RecoveryRung {
  rung?: string;
  tried?: Int64;
  helped?: Int64;
  lastTime?: Timestamp;
  lastFailure?: string;
}

export interface Board {
  id?: string;
  boardType?: string;
  labels?: string[];
  activity?: Activity;
  health?: Health;
  healthReason?: string;
  port?: string;
  emulated?: boolean;
  identityWeak?: boolean;
  agent?: AgentIdentity;
  currentRunId?: string;
  currentStep?: string;
  currentStepProgress?: Double;
  lastSeenTime?: Timestamp;
  runsFinished?: Int64;
  runsFailed?: Int64;
  healthCode?: string;
  hold?: Hold;
  recovery?: RecoveryRung[];
  flashWear?: FlashWear;
  instrument?: string;
}

export interface ListBoardsRequest {
  selector?: string;
}

export interface ListBoardsResponse {
  boards?: Board[];
  workStoppedMessage?: string;
}

export interface GetBoardRequest {
  boardId?: string;
}

export interface GetBoardResponse {
  board?: Board;
  type?: BoardType;
}

export type ListBoardTypesRequest = Record<string, never>;

export interface ListBoardTypesResponse {
  boardTypes?: BoardType[];
}

export interface ReserveBoardRequest {
  boardId?: string;
  owner?: string;
  reason?: string;
  duration?: Duration;
  token?: string;
}

export interface ReserveBoardResponse {
  board?: Board;
  token?: string;
}

export interface DrainBoardRequest {
  boardId?: string;
  owner?: string;
  reason?: string;
}

export interface DrainBoardResponse {
  board?: Board;
}

export interface QuarantineBoardRequest {
  boardId?: string;
  owner?: string;
  reason?: string;
  duration?: Duration;
}

export interface QuarantineBoardResponse {
  board?: Board;
}

export interface ReleaseBoardRequest {
  boardId?: string;
  token?: string;
  force?: boolean;
  owner?: string;
}

export interface ReleaseBoardResponse {
  board?: Board;
}

export interface BoardLogLine {
  time?: Timestamp;
  level?: string;
  text?: string;
}

export interface ListBoardLogRequest {
  boardId?: string;
  limit?: number;
}

export interface ListBoardLogResponse {
  lines?: BoardLogLine[];
}

export interface BoardAccess {
  boardId?: string;
  token?: string;
  owner?: string;
}

export interface OpenConsoleRequestStart {
  access?: BoardAccess;
  baudRate?: number;
}

export interface OpenConsoleRequest {
  start?: OpenConsoleRequestStart;
  data?: string;
}

export interface OpenConsoleResponseOpened {
  port?: string;
  baudRate?: number;
}

export interface OpenConsoleResponse {
  opened?: OpenConsoleResponseOpened;
  data?: string;
}

export interface FlashBoardRequestStart {
  access?: BoardAccess;
}

export interface FlashBoardRequest {
  start?: FlashBoardRequestStart;
  chunk?: string;
}

export interface FlashBoardResponseProgress {
  done?: Int64;
  total?: Int64;
}

export interface FlashBoardResponseDone {
  bytesWritten?: Int64;
  readBack?: boolean;
  writeTime?: Duration;
  verifyTime?: Duration;
  agent?: AgentIdentity;
}

export interface FlashBoardResponse {
  progress?: FlashBoardResponseProgress;
  done?: FlashBoardResponseDone;
}

export type UsbFace =
  | 'USB_FACE_UNSPECIFIED'
  | 'USB_FACE_APPLICATION'
  | 'USB_FACE_PROBE'
  | 'USB_FACE_BRIDGE'
  | 'USB_FACE_BOOTLOADER'
  | 'USB_FACE_INSTRUMENT';

export type PortState =
  | 'PORT_STATE_UNSPECIFIED'
  | 'PORT_STATE_ANSWERED'
  | 'PORT_STATE_SILENT'
  | 'PORT_STATE_IN_USE'
  | 'PORT_STATE_NOT_ALLOWED'
  | 'PORT_STATE_NOT_ASKED'
  | 'PORT_STATE_FAILED';

export type FindingLevel =
  | 'FINDING_LEVEL_UNSPECIFIED'
  | 'FINDING_LEVEL_OK'
  | 'FINDING_LEVEL_INFO'
  | 'FINDING_LEVEL_WARNING'
  | 'FINDING_LEVEL_PROBLEM';

export interface FoundPort {
  path?: string;
  stablePath?: string;
  interfaceNumber?: number;
  interfaceName?: string;
  state?: PortState;
  detail?: string;
  agent?: AgentIdentity;
}

export interface FoundBoard {
  identity?: string;
  identityIsPlace?: boolean;
  usbId?: string;
  usbPath?: string;
  manufacturer?: string;
  product?: string;
  serial?: string;
  name?: string;
  face?: UsbFace;
  otherFaces?: string[];
  boardType?: string;
  flashTools?: string[];
  ports?: FoundPort[];
}

export interface ScanReport {
  boards?: FoundBoard[];
}

export interface DoctorFinding {
  level?: FindingLevel;
  check?: string;
  finding?: string;
  advice?: string;
}

export interface DoctorReport {
  findings?: DoctorFinding[];
}

export interface GetEnergyTraceRequest {
  runId?: string;
  firstSample?: Int64;
  samples?: Int64;
  maxPoints?: number;
}

export interface GetEnergyTraceResponse {
  totalSamples?: Int64;
  samplesPerSecond?: number;
  supplyMv?: number;
  firstSample?: Int64;
  samplesPerPoint?: Int64;
  minUa?: Double[];
  maxUa?: Double[];
  meanUa?: Double[];
  lostPoints?: number[];
  sum?: TraceSum;
}

export interface TraceSum {
  samples?: Int64;
  lostSamples?: Int64;
  energyUj?: Double;
  meanCurrentUa?: Double;
  durationUs?: Double;
}

export type RunState =
  | 'RUN_STATE_UNSPECIFIED'
  | 'RUN_STATE_QUEUED'
  | 'RUN_STATE_LEASED'
  | 'RUN_STATE_PREPARING'
  | 'RUN_STATE_MEASURING'
  | 'RUN_STATE_COLLECTING'
  | 'RUN_STATE_FINISHED';

export type Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 'OUTCOME_SUCCEEDED'
  | 'OUTCOME_USER_ERROR'
  | 'OUTCOME_BOARD_ERROR'
  | 'OUTCOME_INFRA_ERROR'
  | 'OUTCOME_CANCELLED'
  | 'OUTCOME_TIMED_OUT'
  | 'OUTCOME_INCONCLUSIVE';

export type FitPolicy =
  | 'FIT_POLICY_UNSPECIFIED'
  | 'FIT_POLICY_FAIL'
  | 'FIT_POLICY_SKIP';

export type Priority =
  | 'PRIORITY_UNSPECIFIED'
  | 'PRIORITY_LOW'
  | 'PRIORITY_NORMAL'
  | 'PRIORITY_HIGH';

export interface RunSettings {
  sessions?: number;
  warmup?: number;
  iterations?: number;
  inputSeed?: number;
  silenceTimeoutMs?: number;
  energyWindows?: number;
  energyWindowMs?: number;
}

export interface JobSpec {
  models?: string[];
  boards?: string[];
  runtimes?: string[];
  measurements?: Measurement[];
  settings?: RunSettings;
  fitPolicy?: FitPolicy;
  annotations?: Record<string, string>;
  owner?: string;
  priority?: Priority;
  startWithinS?: number;
}

export interface SkippedCell {
  modelName?: string;
  boardType?: string;
  reason?: string;
  missingBytes?: Int64;
  message?: string;
  runtime?: string;
}

export interface RunSummary {
  runId?: string;
  modelName?: string;
  boardType?: string;
  boardId?: string;
  runtime?: string;
  state?: RunState;
  outcome?: Outcome;
  reason?: string;
  message?: string;
  attempts?: number;
  step?: string;
  stepProgress?: Double;
}

export interface Job {
  jobId?: string;
  spec?: JobSpec;
  state?: RunState;
  outcome?: Outcome;
  runs?: RunSummary[];
  skippedCells?: SkippedCell[];
  createTime?: Timestamp;
  finishTime?: Timestamp;
  cancelRequested?: boolean;
}

export interface SubmitJobRequest {
  spec?: JobSpec;
  idempotencyKey?: string;
}

export interface SubmitJobResponse {
  job?: Job;
  alreadySubmitted?: boolean;
}

export interface GetJobRequest {
  jobId?: string;
}

export interface GetJobResponse {
  job?: Job;
}

export interface ListJobsRequest {
  pageSize?: number;
  pageToken?: string;
}

export interface ListJobsResponse {
  jobs?: Job[];
  nextPageToken?: string;
}

export interface CancelJobRequest {
  jobId?: string;
}

export interface CancelJobResponse {
  job?: Job;
}

export interface WatchJobRequest {
  jobId?: string;
}

export interface WatchJobResponse {
  sequence?: Int64;
  job?: Job;
  run?: RunSummary;
  log?: LogLine;
}

export interface LogLine {
  time?: Timestamp;
  jobId?: string;
  runId?: string;
  boardId?: string;
  level?: string;
  text?: string;
}

export interface GetJobLogsRequest {
  jobId?: string;
}

export interface GetJobLogsResponse {
  lines?: LogLine[];
}

export interface SubscribeEventsRequest {
  afterSequence?: Int64;
}

export interface SubscribeEventsResponse {
  event?: Event;
}

export interface Event {
  sequence?: Int64;
  time?: Timestamp;
  epoch?: string;
  board?: Board;
  run?: RunSummary;
  job?: Job;
  log?: LogLine;
  resync?: Resync;
  jobId?: string;
}

export interface Resync {
  dropped?: Int64;
}

export type GateVerdict =
  | 'GATE_VERDICT_UNSPECIFIED'
  | 'GATE_VERDICT_PASS'
  | 'GATE_VERDICT_IMPROVEMENT'
  | 'GATE_VERDICT_INCONCLUSIVE'
  | 'GATE_VERDICT_REGRESSION'
  | 'GATE_VERDICT_INVALID';

export type GateBasis =
  | 'GATE_BASIS_UNSPECIFIED'
  | 'GATE_BASIS_EXACT'
  | 'GATE_BASIS_IDENTITY'
  | 'GATE_BASIS_UNDECIDED';

export interface GateTolerance {
  relative?: Double;
  absolute?: Int64;
}

export interface GatePolicyEntry {
  metric?: string;
  tolerance?: GateTolerance;
}

export interface GateSide {
  runId?: string;
  jobId?: string;
  modelName?: string;
  modelSha256?: string;
  boardId?: string;
  agentBuildId?: string;
}

export interface GateSeries {
  metric?: string;
  unit?: string;
  verdict?: GateVerdict;
  basis?: GateBasis;
  reason?: string;
  base?: Double;
  head?: Double;
  allowed?: Int64;
}

export interface GateOperatorChange {
  kind?: string;
  baseIndex?: number;
  headIndex?: number;
  baseShape?: string;
  headShape?: string;
  baseTicks?: Double;
  headTicks?: Double;
  share?: Double;
}

export interface GateAttribution {
  baseTicks?: Double;
  headTicks?: Double;
  operators?: GateOperatorChange[];
}

export interface GateConfirmation {
  base?: GateSide;
  head?: GateSide;
  otherUnit?: boolean;
  confirmed?: boolean;
  reason?: string;
}

export interface GateComparison {
  boardType?: string;
  runtime?: string;
  verdict?: GateVerdict;
  reason?: string;
  base?: GateSide;
  head?: GateSide;
  series?: GateSeries[];
  attribution?: GateAttribution;
  confirmation?: GateConfirmation;
}

export interface GateReport {
  verdict?: GateVerdict;
  comparisons?: GateComparison[];
  policy?: GatePolicyEntry[];
  policySha256?: string;
}

export type Validity =
  | 'VALIDITY_UNSPECIFIED'
  | 'VALIDITY_VALID'
  | 'VALIDITY_INVALID';

export type EnergyMethod =
  | 'ENERGY_METHOD_UNSPECIFIED'
  | 'ENERGY_METHOD_MEASURED'
  | 'ENERGY_METHOD_MODELLED';

export type ProfileFormat =
  | 'PROFILE_FORMAT_UNSPECIFIED'
  | 'PROFILE_FORMAT_CHROME_TRACE'
  | 'PROFILE_FORMAT_CSV';

export interface Interval {
  known?: boolean;
  low?: Double;
  high?: Double;
}

export interface RunProvenance {
  modelSha256?: string;
  packedSha256?: string;
  packedFormatVersion?: number;
  boardId?: string;
  boardType?: BoardType;
  agent?: AgentIdentity;
  serverVersion?: string;
  placement?: string;
  timingSource?: TimingSource;
  tickUnit?: TickUnit;
  ticksPerSecond?: Int64;
  calibrationRatio?: Double;
  emulated?: boolean;
  runtime?: AgentRuntime;
  interruptsMasked?: boolean;
  interrupts?: number;
  countsCoreCycles?: boolean;
}

export interface LatencyResult {
  count?: number;
  sessions?: number;
  minTicks?: Double;
  medianTicks?: Double;
  p90Ticks?: Double;
  p99Ticks?: Double;
  maxTicks?: Double;
  madWithinTicks?: Double;
  medianIntervalTicks?: Interval;
  sessionMedianTicks?: Double[];
  medianUs?: Double;
}

export interface OperatorProfile {
  index?: number;
  kind?: string;
  shape?: string;
  macs?: Int64;
  ticks?: Double;
  share?: Double;
  weightBytes?: Int64;
  kernel?: string;
  arenaLiveBytes?: Int64;
}

export interface ProfileResult {
  iterations?: number;
  operators?: OperatorProfile[];
  sumTicks?: Double;
  instrumentedTicks?: Double;
  cleanTicks?: Double;
  overheadRatio?: Double;
  counterReadTicks?: Double;
}

export interface MemoryResult {
  arenaPlannedBytes?: Int64;
  arenaUsedBytes?: Int64;
  arenaLowerBoundBytes?: Int64;
  stackHighWaterBytes?: Int64;
  stackSizeBytes?: Int64;
  staticRamBytes?: Int64;
  agentFlashBytes?: Int64;
  packedModelBytes?: Int64;
}

export type VerificationAgainst =
  | 'AGAINST_UNSPECIFIED'
  | 'AGAINST_EXPECTED'
  | 'AGAINST_REFERENCE';

export interface Verification {
  against?: VerificationAgainst;
  inputsChecked?: number;
  inputsMatched?: number;
  firstWrongOperator?: number;
  outputFnv1a32?: number;
}

export interface EnergyWindow {
  inferences?: number;
  firstSample?: Int64;
  samples?: Int64;
  lostSamples?: Int64;
  saturatedSamples?: Int64;
  energyUj?: Double;
  meanCurrentUa?: Double;
  instrumentUs?: Double;
  boardUs?: Double;
}

export interface EnergyResult {
  method?: EnergyMethod;
  instrument?: string;
  instrumentDetails?: string;
  supplyMv?: number;
  samplesPerSecond?: number;
  windows?: EnergyWindow[];
  energyPerInferenceUj?: Double;
  intervalUj?: Interval;
  uncertaintyUj?: Double;
  averagePowerUw?: Double;
  idlePowerUw?: Double;
  netEnergyPerInferenceUj?: Double;
  samples?: Int64;
  lostSamples?: Int64;
}

export interface RunResult {
  validity?: Validity;
  invalidReasons?: string[];
  provenance?: RunProvenance;
  latency?: LatencyResult;
  profile?: ProfileResult;
  memory?: MemoryResult;
  verification?: Verification;
  energy?: EnergyResult;
}

export interface Attempt {
  number?: number;
  boardId?: string;
  startTime?: Timestamp;
  finishTime?: Timestamp;
  outcome?: Outcome;
  reason?: string;
  message?: string;
}

export interface Run {
  summary?: RunSummary;
  jobId?: string;
  modelSha256?: string;
  measurements?: Measurement[];
  settings?: RunSettings;
  attempts?: Attempt[];
  result?: RunResult;
  createTime?: Timestamp;
  finishTime?: Timestamp;
}

export interface SessionSamples {
  session?: number;
  latencyTicks?: Int64[];
}

export interface GetRunRequest {
  runId?: string;
}

export interface GetRunResponse {
  run?: Run;
}

export interface ListRunsRequest {
  jobId?: string;
  model?: string;
  boardType?: string;
  pageSize?: number;
  pageToken?: string;
}

export interface ListRunsResponse {
  runs?: Run[];
  nextPageToken?: string;
}

export interface ExportRunRequest {
  runId?: string;
}

export interface ExportRunResponse {
  run?: Run;
  samples?: SessionSamples[];
  samplesRemovedTime?: Timestamp;
}

export interface ExportProfileRequest {
  runId?: string;
  format?: ProfileFormat;
}

export interface ExportProfileResponse {
  fileName?: string;
  mediaType?: string;
  content?: string;
}

export interface EnergyCapture {
  format?: string;
  header?: string;
  supplyMv?: number;
  samplesPerSecond?: number;
  sizeBytes?: Int64;
  hostUs?: Int64;
}

export interface ExportCaptureRequest {
  runId?: string;
}

export interface ExportCaptureResponse {
  capture?: EnergyCapture;
  data?: string;
}

export interface QueryLeaderboardRequest {
  model?: string;
  boardType?: string;
  runtime?: string;
  pageSize?: number;
  pageToken?: string;
}

export interface LeaderboardEntry {
  rank?: number;
  modelName?: string;
  modelSha256?: string;
  boardType?: string;
  core?: string;
  runtime?: string;
  agentBuildId?: string;
  clockHz?: Int64;
  latencyMedianTicks?: Double;
  latencyIntervalTicks?: Interval;
  latencyMedianUs?: Double;
  sampleCount?: number;
  sessions?: number;
  macs?: Int64;
  arenaBytes?: Int64;
  ramBytes?: Int64;
  flashBytes?: Int64;
  verified?: boolean;
  runId?: string;
  boardId?: string;
  measureTime?: Timestamp;
}

export interface LeaderboardGroup {
  modelName?: string;
  modelSha256?: string;
  emulated?: boolean;
  timingSource?: TimingSource;
  tickUnit?: TickUnit;
  comparability?: string;
  entries?: LeaderboardEntry[];
}

export interface QueryLeaderboardResponse {
  groups?: LeaderboardGroup[];
  nextPageToken?: string;
}

export interface TensorInfo {
  name?: string;
  type?: string;
  shape?: number[];
  scale?: Double;
  zeroPoint?: number;
  sizeBytes?: Int64;
}

export interface OperatorInfo {
  index?: number;
  kind?: string;
  shape?: string;
  macs?: Int64;
  weightBytes?: Int64;
  kernel?: string;
  arenaLiveBytes?: Int64;
  unsupported?: string;
}

export interface ExpectedOutput {
  seed?: number;
  outputFnv1a32?: number;
  operatorFnv1a32?: number[];
}

export interface Model {
  name?: string;
  sha256?: string;
  sizeBytes?: Int64;
  inputs?: TensorInfo[];
  outputs?: TensorInfo[];
  operators?: OperatorInfo[];
  macs?: Int64;
  arenaLowerBoundBytes?: Int64;
  weightBytes?: Int64;
  expectedOutputs?: ExpectedOutput[];
  createTime?: Timestamp;
  owner?: string;
}

export interface GetUploadStatusRequest {
  sha256?: string;
}

export interface GetUploadStatusResponse {
  receivedBytes?: Int64;
  complete?: boolean;
}

export interface UploadModelRequestHeader {
  name?: string;
  sha256?: string;
  sizeBytes?: Int64;
  offset?: Int64;
  expectedOutputs?: ExpectedOutput[];
}

export interface UploadModelRequest {
  header?: UploadModelRequestHeader;
  chunk?: string;
}

export interface UploadModelResponse {
  model?: Model;
  alreadyPresent?: boolean;
}

export type ListModelsRequest = Record<string, never>;

export interface ListModelsResponse {
  models?: Model[];
}

export interface GetModelRequest {
  model?: string;
}

export interface GetModelResponse {
  model?: Model;
}

export interface ArenaBlock {
  name?: string;
  offsetBytes?: Int64;
  sizeBytes?: Int64;
  firstStep?: number;
  lastStep?: number;
  shared?: boolean;
}

export interface MemoryUse {
  totalBytes?: Int64;
  agentBytes?: Int64;
  modelLimitBytes?: Int64;
  modelBytes?: Int64;
}

export interface Inspection {
  modelName?: string;
  modelSha256?: string;
  fileBytes?: Int64;
  boardType?: BoardType;
  packedCore?: string;
  inputs?: TensorInfo[];
  outputs?: TensorInfo[];
  operators?: OperatorInfo[];
  macs?: Int64;
  weightBytes?: Int64;
  packedModelBytes?: Int64;
  arenaBytes?: Int64;
  arenaLowerBoundBytes?: Int64;
  arenaPlan?: ArenaBlock[];
  fits?: boolean;
  placement?: string;
  reason?: string;
  message?: string;
  missingRamBytes?: Int64;
  missingSlotBytes?: Int64;
  ram?: MemoryUse;
  flash?: MemoryUse;
  hint?: string;
}

export interface InspectModelRequest {
  model?: string;
  boardTypes?: string[];
}

export interface InspectModelResponse {
  inspections?: Inspection[];
}

export type GetVersionRequest = Record<string, never>;

export interface GetVersionResponse {
  serverVersion?: string;
  apiVersion?: string;
  linkProtocolVersion?: number;
  packedFormatVersion?: number;
  schemaVersion?: number;
  startTime?: Timestamp;
  boards?: number;
  boardsIdle?: number;
  runsQueued?: number;
}

/** Unary methods: POST /METHOD with the request as JSON. */
export interface Methods {
  'tinyrig.v1.AccessService/GetCaller': { request: GetCallerRequest; response: GetCallerResponse };
  'tinyrig.v1.AccessService/CreateToken': { request: CreateTokenRequest; response: CreateTokenResponse };
  'tinyrig.v1.AccessService/ListTokens': { request: ListTokensRequest; response: ListTokensResponse };
  'tinyrig.v1.AccessService/RevokeToken': { request: RevokeTokenRequest; response: RevokeTokenResponse };
  'tinyrig.v1.AccessService/ListAuditLog': { request: ListAuditLogRequest; response: ListAuditLogResponse };
  'tinyrig.v1.AdminService/GetStorage': { request: GetStorageRequest; response: GetStorageResponse };
  'tinyrig.v1.BoardService/ListBoards': { request: ListBoardsRequest; response: ListBoardsResponse };
  'tinyrig.v1.BoardService/GetBoard': { request: GetBoardRequest; response: GetBoardResponse };
  'tinyrig.v1.BoardService/ListBoardTypes': { request: ListBoardTypesRequest; response: ListBoardTypesResponse };
  'tinyrig.v1.BoardService/ReserveBoard': { request: ReserveBoardRequest; response: ReserveBoardResponse };
  'tinyrig.v1.BoardService/DrainBoard': { request: DrainBoardRequest; response: DrainBoardResponse };
  'tinyrig.v1.BoardService/QuarantineBoard': { request: QuarantineBoardRequest; response: QuarantineBoardResponse };
  'tinyrig.v1.BoardService/ReleaseBoard': { request: ReleaseBoardRequest; response: ReleaseBoardResponse };
  'tinyrig.v1.BoardService/ListBoardLog': { request: ListBoardLogRequest; response: ListBoardLogResponse };
  'tinyrig.v1.EnergyTraceService/GetEnergyTrace': { request: GetEnergyTraceRequest; response: GetEnergyTraceResponse };
  'tinyrig.v1.JobService/SubmitJob': { request: SubmitJobRequest; response: SubmitJobResponse };
  'tinyrig.v1.JobService/GetJob': { request: GetJobRequest; response: GetJobResponse };
  'tinyrig.v1.JobService/ListJobs': { request: ListJobsRequest; response: ListJobsResponse };
  'tinyrig.v1.JobService/CancelJob': { request: CancelJobRequest; response: CancelJobResponse };
  'tinyrig.v1.JobService/GetJobLogs': { request: GetJobLogsRequest; response: GetJobLogsResponse };
  'tinyrig.v1.RunService/GetRun': { request: GetRunRequest; response: GetRunResponse };
  'tinyrig.v1.RunService/ListRuns': { request: ListRunsRequest; response: ListRunsResponse };
  'tinyrig.v1.RunService/ExportRun': { request: ExportRunRequest; response: ExportRunResponse };
  'tinyrig.v1.RunService/ExportProfile': { request: ExportProfileRequest; response: ExportProfileResponse };
  'tinyrig.v1.LeaderboardService/QueryLeaderboard': { request: QueryLeaderboardRequest; response: QueryLeaderboardResponse };
  'tinyrig.v1.ModelService/GetUploadStatus': { request: GetUploadStatusRequest; response: GetUploadStatusResponse };
  'tinyrig.v1.ModelService/ListModels': { request: ListModelsRequest; response: ListModelsResponse };
  'tinyrig.v1.ModelService/GetModel': { request: GetModelRequest; response: GetModelResponse };
  'tinyrig.v1.ModelService/InspectModel': { request: InspectModelRequest; response: InspectModelResponse };
  'tinyrig.v1.SystemService/GetVersion': { request: GetVersionRequest; response: GetVersionResponse };
}
