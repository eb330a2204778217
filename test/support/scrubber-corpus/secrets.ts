/** An error text in a real tool's format, with the substrings that a client must never see. */
export interface SecretEntry {
  /** The tool or library whose format the text follows. */
  readonly tool: string;
  readonly text: string;
  /** Exact substrings of `text` that must not survive scrubbing. */
  readonly secrets: readonly string[];
}

// Every credential is invented and put together at run time from repeated patterns,
// so that this file holds no text of the shape of a live one.
const fill = (pattern: string, length: number) => pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
const hex = (length: number) => fill('4f9a07c3be61d852', length);

const openAiProjectKey = 'sk-' + 'proj-' + fill('aB3dE5gH_', 48);
const openAiKey = 'sk-' + fill('q7Rt2Yw9', 48);
const hexSkKey = 'sk-' + hex(32);
const anthropicKey = 'sk-' + 'ant-' + 'api03-' + fill('kL0mN2pQ-', 80);
const stripeKey = 'sk_' + 'live_' + fill('9aB8cD7e', 24);
const stripeRestrictedKey = 'rk_' + 'live_' + fill('5zY4xW3v', 24);
const stripeWebhookSecret = 'wh' + 'sec_' + fill('T6uV8wX0', 32);
const githubToken = 'gh' + 'p_' + fill('N4mL6kJ8', 36);
const githubAppToken = 'gh' + 's_' + fill('H2gF4dS6', 36);
const githubFineToken = 'github' + '_pat_' + fill('11EXAMPLE0', 22) + '_' + fill('b7C9d1E3', 59);
const gitlabToken = 'gl' + 'pat-' + fill('eX4mPl3-', 20);
const slackBotToken = 'xox' + 'b-' + fill('1029384756', 12) + '-' + fill('5647382910', 13) + '-' + fill('rT5yU7iO', 24);
const slackAppToken = 'xa' + 'pp-1-' + fill('A0EXAMPLE', 11) + '-' + fill('8172635490', 13) + '-' + hex(64);
const slackHookPath = fill('T0EXMPL', 9) + '/' + fill('B0EXMPL', 9) + '/' + fill('wE3rT5yU', 24);
const huggingFaceToken = 'h' + 'f_' + fill('ZxCvBnMa', 34);
const googleKey = 'AI' + 'za' + fill('SyEx4mpl3_', 35);
const googleAccessToken = 'ya' + '29.' + fill('a0AeXampL3-', 80);
const googleClientSecret = 'GOC' + 'SPX-' + fill('m1N2b3V4', 28);
const awsKeyId = 'AK' + 'IA' + fill('EXAMPLE7', 16);
const awsTemporaryKeyId = 'AS' + 'IA' + fill('XAMPLE2E', 16);
const awsSecretKey = fill('wJ7r/K2mD+', 40);
const awsSessionToken = 'IQoJ' + 'b3JpZ2luX2Vj' + fill('EXaMpLe/+4', 120);
const azureAccountKey = fill('eX4mPl3/+K', 86) + '==';
const azureClientSecret = 'a1b' + '8Q~' + fill('eX4mPl3_', 34);
const npmToken = 'np' + 'm_' + fill('kJ8hG6fD', 36);
const pypiToken = 'py' + 'pi-' + 'AgEIcHlwaS5vcmc' + fill('CJeXaMpL', 60);
const sendgridKey = 'S' + 'G.' + fill('eX4mPl3_', 22) + '.' + fill('pQ9oN7mL', 43);
const telegramToken = fill('5678901234', 10) + ':' + 'AA' + fill('HeXaMpLe_', 33);
const dockerToken = 'dckr' + '_pat_' + fill('oI9uY7tR', 27);
const vaultToken = 'hv' + 's.' + fill('CAESIeXaMpLe', 90);
const databricksToken = 'da' + 'pi' + hex(32);
const groqKey = 'gs' + 'k_' + fill('lK3jH5gF', 52);
const replicateToken = 'r8' + '_' + fill('vB6nM8cX', 37);
const nvidiaKey = 'nv' + 'api-' + fill('qW1eR3tY_', 64);
const shopifyToken = 'shp' + 'at_' + hex(32);
const digitalOceanToken = 'dop' + '_v1_' + hex(64);
const jwtHead = 'ey' + 'JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';
const jwtBody = 'ey' + 'JzdWIiOiJzdmMtMDEiLCJzY29wZSI6ImFkbWluIiwiZXhwIjoxNzAwMDAwMDAwfQ';
const jwtSignature = fill('dBjftJeZ4CVP-', 43);
const jwt = [jwtHead, jwtBody, jwtSignature].join('.');
const basicPair = Buffer.from('svc-reports:' + fill('pw-Ex4mple', 14)).toString('base64');
const password = 'Tr0ub4dor' + '-x9';
const oddPassword = 'p%40ss' + '!w0rd~7';
const pemLine = (seed: string) => 'MIIE' + fill(seed, 60);
const pem = (kind: string, lines: readonly string[]) => [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`];

/** Texts of databases and their clients. */
const databases: readonly SecretEntry[] = [
  { tool: 'pg', text: 'connect ECONNREFUSED 10.0.3.7:5432', secrets: ['10.0.3.7:5432', '10.0.3.7'] },
  {
    tool: 'pg',
    text: 'Error: connect ETIMEDOUT 192.168.40.12:6432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
    secrets: ['192.168.40.12:6432', 'TCPConnectWrap.afterConnect', 'node:net:1611:16'],
  },
  {
    tool: 'pg',
    text: 'error: password authentication failed for user "svc_orders" at Parser.parseErrorMessage (/usr/src/app/node_modules/pg-protocol/dist/parser.js:285:98)',
    secrets: ['/usr/src/app/node_modules/pg-protocol/dist/parser.js', 'at Parser.parseErrorMessage ('],
  },
  {
    tool: 'pg',
    text: 'no pg_hba.conf entry for host "10.0.4.17", user "svc_api", database "orders", no encryption',
    secrets: ['10.0.4.17'],
  },
  {
    tool: 'pg',
    text: 'deadlock detected\nDetail: Process 8412 waits for ShareLock on transaction 552133; blocked by process 8399.\nProcess 8399 waits for ShareLock on transaction 552131; blocked by process 8412.',
    secrets: ['Process 8412', 'process 8399', 'Process 8399', 'process 8412'],
  },
  {
    tool: 'psql',
    text: 'psql: error: connection to server at "10.0.3.9", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
    secrets: ['10.0.3.9'],
  },
  {
    tool: 'psql',
    text: 'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
    secrets: ['/var/run/postgresql/.s.PGSQL.5432', '.s.PGSQL.5432'],
  },
  {
    tool: 'pg',
    text: `Invalid connection string postgres://svc_orders:${oddPassword}@pg-primary.db.svc:5432/orders?sslmode=require`,
    secrets: [oddPassword, 'svc_orders', 'pg-primary.db.svc:5432'],
  },
  {
    tool: 'pg',
    text: 'could not open file "/var/lib/postgresql/15/main/base/16384/2619": Permission denied',
    secrets: ['/var/lib/postgresql/15/main/base/16384/2619'],
  },
  {
    tool: 'psycopg',
    text: `connection failed: host=10.0.3.7 port=5432 user=svc_api password=${password} dbname=orders`,
    secrets: [password, '10.0.3.7'],
  },
  {
    tool: 'sqlalchemy',
    text: '(psycopg2.OperationalError) connection to server at "pg-0" (10.0.3.11), port 5432 failed: FATAL:  remaining connection slots are reserved\n(Background on this error at: https://sqlalche.me/e/20/e3q8)',
    secrets: ['10.0.3.11'],
  },
  {
    tool: 'sqlalchemy',
    text: `Could not parse SQLAlchemy URL from string 'mysql+pymysql//svc:${password}@10.0.3.22:3306/erp'`,
    secrets: [password, '10.0.3.22:3306'],
  },
  {
    tool: 'mysql2',
    text: "Access denied for user 'app_rw'@'10.0.5.23' (using password: YES)",
    secrets: ["'10.0.5.23'"],
  },
  {
    tool: 'mysql2',
    text: 'connect ECONNREFUSED 172.18.0.3:3306 (code ECONNREFUSED, errno -111, fatal true)',
    secrets: ['172.18.0.3:3306', '172.18.0.3'],
  },
  {
    tool: 'mysql2',
    text: 'Error: Connection lost: The server closed the connection.\n    at Socket.<anonymous> (/srv/api/node_modules/mysql2/lib/base/connection.js:117:31)\n    at Socket.emit (node:events:524:28)',
    secrets: ['/srv/api/node_modules/mysql2/lib/base/connection.js', 'at Socket.<anonymous>', 'node:events:524:28'],
  },
  {
    tool: 'mysql',
    text: "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)",
    secrets: ['/var/run/mysqld/mysqld.sock'],
  },
  {
    tool: 'mysql',
    text: `Command failed: mysqldump --host=10.0.3.30 --port=3306 --user=backup --password=${password} erp`,
    secrets: [password],
  },
  {
    tool: 'mysql',
    text: `The MySQL server is running with the --secure-file-priv option so it cannot write '/var/lib/mysql-files/export-17.csv'`,
    secrets: ['/var/lib/mysql-files/export-17.csv'],
  },
  {
    tool: 'jdbc',
    text: `Cannot create PoolableConnectionFactory for jdbc:mysql://10.0.3.4:3306/orders?user=svc_etl&password=${password}&useSSL=false`,
    secrets: ['10.0.3.4:3306', password],
  },
  {
    tool: 'jdbc',
    text: `No suitable driver found for jdbc:sqlserver://sql-01.corp.example:1433;databaseName=crm;user=svc_crm;password=${password};encrypt=true`,
    secrets: ['sql-01.corp.example:1433', password],
  },
  {
    tool: 'jdbc',
    text: `IO Error: The Network Adapter could not establish the connection (jdbc:oracle:thin:svc_gl/${password}@10.0.3.9:1521:ORCLPDB)`,
    secrets: [password, '10.0.3.9:1521'],
  },
  {
    tool: 'ado.net',
    text: `Keyword not supported in "Server=tcp:sql-02.corp.example,1433;Initial Catalog=crm;User ID=svc_crm;Password=${password};Encrypt=True;"`,
    secrets: [password],
  },
  {
    tool: 'mongodb',
    text: 'MongoServerSelectionError: connect ECONNREFUSED 10.0.5.1:27017',
    secrets: ['10.0.5.1:27017', '10.0.5.1'],
  },
  {
    tool: 'mongodb',
    text: 'MongoNetworkTimeoutError: connection 3 to 10.0.5.3:27017 timed out',
    secrets: ['10.0.5.3:27017'],
  },
  {
    tool: 'mongodb',
    text: `MongoParseError: Password contains unescaped characters in mongodb+srv://svc_app:${password}@cluster0.ab1cd.example.net/?retryWrites=true`,
    secrets: [password, 'svc_app'],
  },
  {
    tool: 'mongodb',
    text: 'Connection pool for mongo-1.mongo.prod.svc.cluster.local:27017 was cleared because another operation failed with: "connection <monitor> to 10.42.3.8:27017 closed"',
    secrets: ['mongo-1.mongo.prod.svc.cluster.local:27017', '10.42.3.8:27017'],
  },
  {
    tool: 'mongodb',
    text: `{"url":"mongodb://root:${oddPassword}@mongo-0:27017,mongo-1:27017/admin?replicaSet=rs0","ok":0}`,
    secrets: [oddPassword, 'mongo-0:27017', 'mongo-1:27017'],
  },
  {
    tool: 'ioredis',
    text: '[ioredis] Unhandled error event: Error: connect ECONNREFUSED 10.0.4.2:6379\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
    secrets: ['10.0.4.2:6379', 'TCPConnectWrap.afterConnect'],
  },
  { tool: 'ioredis', text: 'ReplyError: MOVED 8712 10.0.4.12:6380', secrets: ['10.0.4.12:6380'] },
  { tool: 'ioredis', text: 'ReplyError: ASK 3999 redis-cluster-2.redis:6381', secrets: ['redis-cluster-2.redis:6381'] },
  {
    tool: 'ioredis',
    text: `ReplyError: WRONGPASS invalid username-password pair or user is disabled. { command: { name: 'auth', args: [ 'default', '${password}' ] } }`,
    secrets: [password],
  },
  { tool: 'ioredis', text: 'Error: connect ECONNREFUSED ::1:6379', secrets: ['::1:6379'] },
  {
    tool: 'redis',
    text: `Failed to parse redis URL: rediss://:${password}@cache-01.eu.example.net:6380/2`,
    secrets: [password, 'cache-01.eu.example.net:6380'],
  },
  {
    tool: 'redis',
    text: 'SocketClosedUnexpectedlyError: Socket closed unexpectedly\n    at Socket.<anonymous> (/usr/src/app/node_modules/@redis/client/dist/lib/client/socket.js:194:118)',
    secrets: ['/usr/src/app/node_modules/@redis/client/dist/lib/client/socket.js'],
  },
  {
    tool: 'redis-py',
    text: 'redis.exceptions.ConnectionError: Error 111 connecting to 10.0.4.5:6379. Connection refused.',
    secrets: ['10.0.4.5:6379'],
  },
  {
    tool: 'bullmq',
    text: 'Error: Missing lock for job 17. moveToFinished\n    at Scripts.finishedErrors (/usr/src/app/node_modules/bullmq/dist/cjs/classes/scripts.js:405:24)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    secrets: [
      'at Scripts.finishedErrors',
      '/usr/src/app/node_modules/bullmq/dist/cjs/classes/scripts.js',
      'node:internal/process/task_queues:95:5',
    ],
  },
  { tool: 'bullmq', text: 'File /srv/workers/render.processor.js does not exist', secrets: ['/srv/workers/render.processor.js'] },
  {
    tool: 'typeorm',
    text: 'QueryFailedError: relation "invoice" does not exist\n    at PostgresQueryRunner.query (/usr/src/app/src/driver/postgres/PostgresQueryRunner.ts:331:19)',
    secrets: ['at PostgresQueryRunner.query', '/usr/src/app/src/driver/postgres/PostgresQueryRunner.ts'],
  },
  {
    tool: 'typeorm',
    text: 'Unable to open file: "/opt/api/dist/migrations/1699021000000-add-index.js". Cannot use import statement outside a module',
    secrets: ['/opt/api/dist/migrations/1699021000000-add-index.js'],
  },
  {
    tool: 'prisma',
    text: "Can't reach database server at `db-0.prod:5432`\n\nPlease make sure your database server is running at `db-0.prod:5432`.",
    secrets: ['db-0.prod:5432'],
  },
  {
    tool: 'prisma',
    text: '\nInvalid `prisma.order.findMany()` invocation in\n/usr/src/app/src/orders/orders.service.ts:24:31\n\n  21 async list() {\n→ 24   return this.prisma.order.findMany(',
    secrets: ['/usr/src/app/src/orders/orders.service.ts'],
  },
  {
    tool: 'prisma',
    text: 'Prisma Client could not locate the Query Engine for runtime "linux-musl". The following locations have been searched:\n  /usr/src/app/node_modules/.prisma/client\n  /tmp/prisma-engines',
    secrets: ['/usr/src/app/node_modules/.prisma/client', '/tmp/prisma-engines'],
  },
  {
    tool: 'sequelize',
    text: 'SequelizeConnectionRefusedError: connect ECONNREFUSED 10.0.3.40:3306',
    secrets: ['10.0.3.40:3306'],
  },
  {
    tool: 'sequelize',
    text: 'SequelizeConnectionAcquireTimeoutError: Operation timeout\n    at ConnectionManager.getConnection (/usr/src/app/node_modules/sequelize/lib/dialects/abstract/connection-manager.js:288:48)',
    secrets: ['at ConnectionManager.getConnection', '/usr/src/app/node_modules/sequelize/lib'],
  },
  {
    tool: 'sqlite',
    text: 'SQLITE_CANTOPEN: unable to open database file /var/lib/nestage/state/jobs.sqlite3',
    secrets: ['/var/lib/nestage/state/jobs.sqlite3'],
  },
  {
    tool: 'clickhouse',
    text: 'Code: 210. DB::NetException: Connection refused (10.0.8.9:9000). (NETWORK_ERROR)',
    secrets: ['10.0.8.9:9000'],
  },
  {
    tool: 'cassandra',
    text: 'NoHostAvailableError: All host(s) tried for query failed. First host tried, 10.0.8.21:9042: DriverError: Connection timeout. See innerErrors.',
    secrets: ['10.0.8.21:9042'],
  },
  {
    tool: 'milvus',
    text: '<MilvusException: (code=2, message=Fail connecting to server on 10.0.8.30:19530, illegal connection params or server unavailable)>',
    secrets: ['10.0.8.30:19530'],
  },
  {
    tool: 'elasticsearch',
    text: 'ConnectionError: connect ECONNREFUSED 10.0.8.3:9200',
    secrets: ['10.0.8.3:9200'],
  },
  {
    tool: 'elasticsearch',
    text: 'RemoteTransportException[[node-1][10.0.8.3:9300][indices:data/read/search[phase/query]]]; nested: QueryShardException[No mapping found for [created] in order to sort on]',
    secrets: ['10.0.8.3:9300'],
  },
  {
    tool: 'elasticsearch',
    text: `security_exception: invalid ApiKey value, header [Authorization: ApiKey ${Buffer.from(fill('eXaMpLe', 20) + ':' + fill('k3y', 22)).toString('base64')}]`,
    secrets: [Buffer.from(fill('eXaMpLe', 20) + ':' + fill('k3y', 22)).toString('base64')],
  },
  {
    tool: 'elasticsearch',
    text: 'failed to obtain node locks, tried [/usr/share/elasticsearch/data]; maybe these locations are not writable or multiple nodes were started without increasing [node.max_local_storage_nodes]',
    secrets: ['/usr/share/elasticsearch/data'],
  },
];

/** Texts of brokers, mail, RPC and plain network calls. */
const networks: readonly SecretEntry[] = [
  {
    tool: 'kafkajs',
    text: '{"level":"ERROR","timestamp":"2025-03-11T06:11:36.711Z","logger":"kafkajs","message":"[Connection] Connection error: connect ECONNREFUSED 10.0.7.1:9092","broker":"kafka-0.kafka:9092","clientId":"orders","stack":"Error: connect ECONNREFUSED 10.0.7.1:9092\\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)"}',
    secrets: ['10.0.7.1:9092', 'kafka-0.kafka:9092', 'TCPConnectWrap.afterConnect'],
  },
  {
    tool: 'kafkajs',
    text: 'KafkaJSNumberOfRetriesExceeded: Failed to connect to seed broker, trying another broker from the list: Connection error: getaddrinfo ENOTFOUND kafka-2.kafka.prod.svc kafka-2.kafka.prod.svc:9093',
    secrets: ['kafka-2.kafka.prod.svc:9093'],
  },
  {
    tool: 'kafka',
    text: `Invalid value org.apache.kafka.common.security.plain.PlainLoginModule required username="svc-stream" password="${password}"; for configuration sasl.jaas.config`,
    secrets: [password],
  },
  {
    tool: 'amqplib',
    text: `Error: Socket closed abruptly during opening handshake (amqp://svc-jobs:${password}@rabbit-0.rabbit:5672/jobs)`,
    secrets: [password, 'svc-jobs', 'rabbit-0.rabbit:5672'],
  },
  { tool: 'nats', text: 'NatsError: CONNECTION_REFUSED nats://10.0.7.40:4222', secrets: ['10.0.7.40:4222'] },
  { tool: 'nodemailer', text: 'Error: connect ETIMEDOUT 10.0.6.25:587', secrets: ['10.0.6.25:587'] },
  {
    tool: 'nodemailer',
    text: `Invalid transport smtps://mailer%40shop.example:${password}@smtp.shop.example:465/?pool=true`,
    secrets: [password, 'mailer%40shop.example'],
  },
  {
    tool: 'smtp',
    text: `Invalid login: 535 5.7.8 authentication failed, command was AUTH PLAIN ${basicPair}`,
    secrets: [basicPair],
  },
  {
    tool: 'grpc-js',
    text: '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 10.0.9.4:50051. Resolution note: ',
    secrets: ['10.0.9.4:50051'],
  },
  {
    tool: 'grpc',
    text: 'failed to connect to all addresses; last error: UNKNOWN: ipv4:10.0.9.5:8001: Failed to connect to remote host: Connection refused',
    secrets: ['10.0.9.5:8001'],
  },
  {
    tool: 'grpc',
    text: 'failed to connect to all addresses; last error: UNAVAILABLE: ipv6:%5B2001:db8:0:7::19%5D:8001: Socket closed',
    secrets: ['2001:db8:0:7::19'],
  },
  {
    tool: 'grpc-python',
    text: '<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "Socket closed"\n\tdebug_error_string = "UNKNOWN:Error received from peer ipv4:10.0.9.6:8001 {grpc_message:"Socket closed", grpc_status:14}"\n>',
    secrets: ['10.0.9.6:8001'],
  },
  {
    tool: 'grpc-go',
    text: 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.0.9.7:9090: connect: connection refused"',
    secrets: ['10.0.9.7:9090'],
  },
  {
    tool: 'undici',
    text: 'TypeError: fetch failed | cause: connect ECONNREFUSED 127.0.0.1:9997',
    secrets: ['127.0.0.1:9997'],
  },
  {
    tool: 'undici',
    text: 'TypeError: fetch failed\n    at node:internal/deps/undici/undici:14976:13\n    at async EmbeddingStage.run (/srv/api/dist/stages/embedding.stage.js:31:20)',
    secrets: ['node:internal/deps/undici/undici:14976:13', 'EmbeddingStage.run', '/srv/api/dist/stages/embedding.stage.js'],
  },
  {
    tool: 'undici',
    text: `TypeError: Request cannot be constructed from a URL that includes credentials: http://svc:${password}@10.0.2.8:8080/predict`,
    secrets: [password, '10.0.2.8:8080', 'svc:'],
  },
  {
    tool: 'undici',
    text: `TypeError: Failed to parse URL from http://reports:${password}@/daily x`,
    secrets: [password],
  },
  {
    tool: 'undici',
    text: 'ConnectTimeoutError: Connect Timeout Error (attempted addresses: 10.0.2.21:443, 10.0.2.22:443, timeout: 10000ms)',
    secrets: ['10.0.2.21:443', '10.0.2.22:443'],
  },
  {
    tool: 'undici',
    text: 'UND_ERR_SOCKET other side closed { localAddress: "10.0.2.5", localPort: 51322, remoteAddress: "10.0.2.31", remotePort: 8000 }',
    secrets: ['10.0.2.5"', '10.0.2.31'],
  },
  {
    tool: 'axios',
    text: `Request failed with status code 401 {"method":"get","url":"http://billing.internal:8081/v2/usage","headers":{"Authorization":"Bearer ${jwt}"}}`,
    secrets: ['billing.internal:8081', jwtHead, jwtBody, jwtSignature],
  },
  {
    tool: 'node-fetch',
    text: 'FetchError: request to http://model-router:8000/v1/rerank failed, reason: connect ECONNREFUSED 10.96.14.3:8000',
    secrets: ['model-router:8000', '10.96.14.3:8000'],
  },
  {
    tool: 'got',
    text: 'RequestError: tunneling socket could not be established, cause=connect ECONNREFUSED 10.0.0.3:3128',
    secrets: ['10.0.0.3:3128'],
  },
  {
    tool: 'node:net',
    text: 'Error: connect ECONNRESET 172.20.0.9:7000 - Local (172.20.0.4:41822)',
    secrets: ['172.20.0.9:7000', '172.20.0.4:41822'],
  },
  {
    tool: 'node:net',
    text: 'Error: listen EADDRINUSE: address already in use 127.0.0.1:44775\n    at Server.setupListenHandle [as _listen2] (node:net:1908:16)\n    at listenInCluster (node:net:1965:12)\n    at doListen (node:net:2139:7)',
    secrets: ['127.0.0.1:44775', 'Server.setupListenHandle', 'node:net:1965:12'],
  },
  { tool: 'node:net', text: 'listen EADDRINUSE: address already in use :::3000', secrets: [':::3000'] },
  { tool: 'node:net', text: 'listen EACCES: permission denied 0.0.0.0:80', secrets: ['0.0.0.0:80'] },
  { tool: 'node:net', text: 'connect ENOENT /var/run/nestage/worker-3.sock', secrets: ['/var/run/nestage/worker-3.sock'] },
  { tool: 'node:net', text: 'connect EACCES /run/user/1001/podman/podman.sock', secrets: ['/run/user/1001/podman/podman.sock'] },
  { tool: 'node:net', text: 'connect EHOSTUNREACH fd00:10:42::9:8000', secrets: ['fd00:10:42::9:8000'] },
  { tool: 'node:net', text: 'read ECONNRESET from [2001:db8:5::17]:5432', secrets: ['2001:db8:5::17', ']:5432'] },
  {
    tool: 'node:net',
    text: 'AggregateError [ECONNREFUSED]: connect ECONNREFUSED ::1:8123, connect ECONNREFUSED 127.0.0.1:8123',
    secrets: ['::1:8123', '127.0.0.1:8123'],
  },
  {
    tool: 'node:dns',
    text: 'getaddrinfo EAI_AGAIN vector-db.search.svc.cluster.local vector-db.search.svc.cluster.local:6333',
    secrets: ['vector-db.search.svc.cluster.local:6333'],
  },
  {
    tool: 'node:tls',
    text: '80CCE604057F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n',
    secrets: ['../deps/openssl/openssl/ssl/record/ssl3_record.c'],
  },
  {
    tool: 'node:tls',
    text: 'Error: self-signed certificate\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1699:34)\n    at TLSSocket.emit (node:events:524:28)\n    at TLSSocket._finishInit (node:_tls_wrap:1097:8)',
    secrets: ['TLSSocket.onConnectSecure', 'node:_tls_wrap:1699:34', 'TLSSocket._finishInit'],
  },
  {
    tool: 'node:tls',
    text: "ENOENT: no such file or directory, open '/etc/ssl/private/api.key'",
    secrets: ['/etc/ssl/private/api.key'],
  },
  {
    tool: 'openssl',
    text: 'Could not open file or uri for loading private key from /etc/pki/tls/private/edge.pem\n40D7082B547F0000:error:80000002:system library:file_open:No such file or directory:../providers/implementations/storemgmt/file_store.c:266:calling stat(/etc/pki/tls/private/edge.pem)',
    secrets: ['/etc/pki/tls/private/edge.pem', '../providers/implementations/storemgmt/file_store.c'],
  },
  {
    tool: 'curl',
    text: `Command '['curl', '-H', 'Authorization: Bearer ${huggingFaceToken}', 'http://10.0.2.60:9000']' returned non-zero exit status 7.`,
    secrets: [huggingFaceToken, '10.0.2.60:9000'],
  },
  {
    tool: 'curl',
    text: `Command failed: curl -u svc-reports:${password} https://reports.example.com/daily.csv`,
    secrets: [password],
  },
  {
    tool: 'curl',
    text: "curl: (7) Failed to connect to 10.0.2.61 port 8080 after 0 ms: Couldn't connect to server",
    secrets: ['10.0.2.61'],
  },
  {
    tool: 'wget',
    text: 'Connecting to 10.0.2.62:8000... failed: Connection refused.',
    secrets: ['10.0.2.62:8000'],
  },
  {
    tool: 'proxy env',
    text: `proxy CONNECT aborted, using HTTPS_PROXY=http://svc-egress:${password}@proxy.corp.example:3128`,
    secrets: [password, 'svc-egress', 'proxy.corp.example:3128'],
  },
  {
    tool: 'websocket',
    text: 'WebSocket connection to ws://10.0.2.70:9222/devtools/browser/6b1f failed: Error in connection establishment',
    secrets: ['10.0.2.70:9222'],
  },
  {
    tool: 'ldapjs',
    text: `InvalidCredentialsError: 80090308: LdapErr: DSID-0C090439 (url=ldap://10.0.0.9:389, bindCredentials=${password})`,
    secrets: ['10.0.0.9:389', password],
  },
  {
    tool: 'ftp',
    text: `Timeout (control socket) for ftp://uploader:${password}@files.example.com:21/incoming`,
    secrets: [password, 'uploader'],
  },
  {
    tool: 'nginx',
    text: '2025/03/11 10:22:31 [error] 31#31: *5172 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: api.example.com, request: "POST /v1/rerank HTTP/1.1", upstream: "http://10.0.2.31:8000/v1/rerank", host: "api.example.com"',
    secrets: ['10.0.2.31:8000'],
  },
  {
    tool: 'nginx',
    text: '2025/03/11 10:25:00 [error] 31#31: *5180 open() "/usr/share/nginx/html/health.html" failed (2: No such file or directory)',
    secrets: ['/usr/share/nginx/html/health.html'],
  },
  {
    tool: 'nginx',
    text: 'nginx: [emerg] cannot load certificate "/etc/nginx/certs/api.crt": BIO_new_file() failed',
    secrets: ['/etc/nginx/certs/api.crt'],
  },
  {
    tool: 'nginx',
    text: 'connect() to unix:/run/gunicorn/api.sock failed (13: Permission denied) while connecting to upstream',
    secrets: ['/run/gunicorn/api.sock'],
  },
  {
    tool: 'haproxy',
    text: '10.0.2.15:51244 [11/Mar/2025:10:22:31.120] fe_api be_models/vllm-1 0/0/-1/-1/3002 503 217 - - sC-- 12/8/3/1/3 0/0 "POST /v1/rerank HTTP/1.1"',
    secrets: ['10.0.2.15:51244'],
  },
  {
    tool: 'haproxy',
    text: "[ALERT]    (17) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:42] : 'server vllm-2' : could not resolve address 'vllm-2'.",
    secrets: ['/usr/local/etc/haproxy/haproxy.cfg'],
  },
  {
    tool: 'envoy',
    text: 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: delayed connect error: 111 (10.42.7.3:8080)',
    secrets: ['10.42.7.3:8080'],
  },
  {
    tool: 'etcd',
    text: '{"level":"warn","msg":"retrying of unary invoker failed","target":"etcd-endpoints://0xc00034a1c0/10.0.0.4:2379","attempt":0,"error":"rpc error: code = DeadlineExceeded"}',
    secrets: ['10.0.0.4:2379', '0xc00034a1c0'],
  },
  {
    tool: 'rtsp camera',
    text: `rtsp://viewer:${password}@192.168.1.64:554/Streaming/Channels/101: Connection timed out`,
    secrets: [password, 'viewer', '192.168.1.64:554'],
  },
];

/** Texts of file systems, modules and processes on Node and elsewhere. */
const files: readonly SecretEntry[] = [
  {
    tool: 'node:fs',
    text: "ENOENT: no such file or directory, open '/var/lib/nestage/models/ocr.onnx'",
    secrets: ['/var/lib/nestage/models/ocr.onnx', '/var/lib'],
  },
  {
    tool: 'node:fs',
    text: "Error: EACCES: permission denied, open '/srv/api/config/secrets.yaml'\n    at async open (node:internal/fs/promises:637:25)\n    at async Object.readFile (node:internal/fs/promises:1249:14)",
    secrets: ['/srv/api/config/secrets.yaml', 'node:internal/fs/promises:637:25'],
  },
  {
    tool: 'node:fs',
    text: "ENOENT: no such file or directory, rename '/opt/api/tmp/part-1' -> '/opt/api/data/upload-1'",
    secrets: ['/opt/api/tmp/part-1', '/opt/api/data/upload-1'],
  },
  {
    tool: 'node:fs',
    text: "ENOENT: no such file or directory, scandir '/home/app/up loads/in'",
    secrets: ['/home/app/up loads/in', 'loads/in'],
  },
  {
    tool: 'node:fs',
    text: "ENOENT: no such file or directory, lstat '/usr/src/app/cache/模型/权重.bin'",
    secrets: ['/usr/src/app/cache/模型/权重.bin', '模型/权重.bin'],
  },
  {
    tool: 'node:fs',
    text: "ENOSPC: no space left on device, write '/mnt/nvme0/spool/job-77.part'",
    secrets: ['/mnt/nvme0/spool/job-77.part'],
  },
  {
    tool: 'node:fs',
    text: "EMFILE: too many open files, open '/home/app/current/public/index.html'",
    secrets: ['/home/app/current/public/index.html'],
  },
  {
    tool: 'node:fs',
    text: '{"errno":-2,"code":"ENOENT","syscall":"open","path":"/srv/api/keys/service-account.json"}',
    secrets: ['/srv/api/keys/service-account.json'],
  },
  { tool: 'node:fs', text: "EBUSY: resource busy or locked, unlink '~/.cache/nestage/lock.db'", secrets: ['~/.cache/nestage/lock.db'] },
  {
    tool: 'node modules',
    text: "Cannot find module '/srv/api/dist/plugins/watermark.js'\nRequire stack:\n- /srv/api/dist/main.js",
    secrets: ['/srv/api/dist/plugins/watermark.js', '/srv/api/dist/main.js'],
  },
  {
    tool: 'node modules',
    text: "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'image-hash' imported from /usr/src/app/dist/stages/hash.stage.js",
    secrets: ['/usr/src/app/dist/stages/hash.stage.js'],
  },
  {
    tool: 'node modules',
    text: 'Error: /usr/src/app/node_modules/sharp/build/Release/sharp.node: cannot open shared object file: No such file or directory',
    secrets: ['/usr/src/app/node_modules/sharp/build/Release/sharp.node'],
  },
  {
    tool: 'node modules',
    text: "file:///srv/api/dist/main.js:14\nimport { helper } from \"./helper.js\";\n         ^^^^^^\nSyntaxError: The requested module './helper.js' does not provide an export named 'helper'",
    secrets: ['file:///srv/api/dist/main.js', '/srv/api/dist/main.js'],
  },
  {
    tool: 'node stack',
    text: "TypeError: Cannot read properties of undefined (reading 'id')\n    at OrdersService.create (/usr/src/app/dist/orders/orders.service.js:42:13)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    secrets: ['at OrdersService.create (', '/usr/src/app/dist/orders/orders.service.js', 'node:internal/process/task_queues'],
  },
  {
    tool: 'node stack',
    text: 'RangeError: Invalid array length at /home/app/current/dist/worker.js:1:22317',
    secrets: ['/home/app/current/dist/worker.js'],
  },
  {
    tool: 'node stack',
    text: 'Error: boom\n    at new PaymentGateway (file:///opt/pay/dist/gateway.mjs:9:11)\n    at async Promise.all (index 0)\n    at async file:///opt/pay/dist/main.mjs:3:1',
    secrets: ['at new PaymentGateway', 'file:///opt/pay/dist/gateway.mjs', 'file:///opt/pay/dist/main.mjs'],
  },
  {
    tool: 'node stack',
    text: 'AssertionError [ERR_ASSERTION]: left !== right\\n    at Object.<anonymous> (/srv/api/dist/check.js:3:8)\\n    at Module._compile (node:internal/modules/cjs/loader:1521:14)',
    secrets: ['/srv/api/dist/check.js', 'node:internal/modules/cjs/loader:1521:14'],
  },
  {
    tool: 'node warning',
    text: '(node:4711) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 error listeners added to [Socket].',
    secrets: ['node:4711'],
  },
  { tool: 'node:child_process', text: 'spawn /opt/ffmpeg/bin/ffmpeg ENOENT', secrets: ['/opt/ffmpeg/bin/ffmpeg'] },
  {
    tool: 'node:child_process',
    text: "Command failed: pdftotext /srv/uploads/7f/contract.pdf -\nSyntax Error: Couldn't read xref table",
    secrets: ['/srv/uploads/7f/contract.pdf'],
  },
  {
    tool: 'node:cluster',
    text: 'Worker 3 (pid: 20417) died with signal SIGKILL, restarting',
    secrets: ['pid: 20417'],
  },
  {
    tool: 'node:worker_threads',
    text: "Cannot find module '/opt/api/dist/workers/tokenizer.worker.js' { code: 'MODULE_NOT_FOUND', requireStack: [] }",
    secrets: ['/opt/api/dist/workers/tokenizer.worker.js'],
  },
  {
    tool: 'JSON.parse',
    text: `Unexpected token 's', "{"apiKey": ${hexSkKey}}" is not valid JSON`,
    secrets: [hexSkKey],
  },
  {
    tool: 'onnxruntime',
    text: "Load model from /var/lib/nestage/models/det.onnx failed:Load model /var/lib/nestage/models/det.onnx failed. File doesn't exist",
    secrets: ['/var/lib/nestage/models/det.onnx'],
  },
  {
    tool: 'onnxruntime',
    text: 'Load model from /srv/models/rec.onnx failed:Protobuf parsing failed.',
    secrets: ['/srv/models/rec.onnx'],
  },
  {
    tool: 'onnxruntime',
    text: "Non-zero status code returned while running Add node. Name:'p2o.Add.248' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.h:583 void onnxruntime::BroadcastIterator::Append(ptrdiff_t, ptrdiff_t) axis == 1 || axis == largest was false.",
    secrets: ['/onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.h'],
  },
  {
    tool: 'onnxruntime',
    text: '[ONNXRuntimeError] : 1 : FAIL : Failed to load library /usr/src/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory',
    secrets: ['/usr/src/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so'],
  },
  {
    tool: 'onnxruntime',
    text: "Error: input 'x' is missing in 'feeds'.\n    at InferenceSession.run (/opt/api/node_modules/onnxruntime-common/dist/cjs/inference-session-impl.js:87:23)",
    secrets: ['at InferenceSession.run (', '/opt/api/node_modules/onnxruntime-common'],
  },
  { tool: 'sharp', text: 'Input file is missing: /srv/uploads/7f/cat.png', secrets: ['/srv/uploads/7f/cat.png'] },
  {
    tool: 'libvips',
    text: '/srv/out/thumb-81.png: unable to open for write\nsystem error: No such file or directory\n/srv/out/thumb-81.png: write error',
    secrets: ['/srv/out/thumb-81.png'],
  },
  {
    tool: 'libvips',
    text: 'VipsForeignLoad: file "/var/lib/uploads/tmp/IMG 0042.heic" does not exist',
    secrets: ['/var/lib/uploads/tmp/IMG 0042.heic', '0042.heic'],
  },
  {
    tool: 'imagemagick',
    text: "convert-im6.q16: unable to open image `/srv/uploads/scan.tif': No such file or directory @ error/blob.c/OpenBlob/2924.",
    secrets: ['/srv/uploads/scan.tif'],
  },
  { tool: 'ffmpeg', text: '/srv/uploads/a1/movie.mp4: Invalid data found when processing input', secrets: ['/srv/uploads/a1/movie.mp4'] },
  {
    tool: 'tesseract',
    text: 'Error opening data file /usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata Please make sure the TESSDATA_PREFIX environment variable is set to your "tessdata" directory.',
    secrets: ['/usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata'],
  },
  {
    tool: 'puppeteer',
    text: 'Failed to launch the browser process!\n/home/app/.cache/puppeteer/chrome/linux-121.0.6167.85/chrome-linux64/chrome: error while loading shared libraries: libnss3.so',
    secrets: ['/home/app/.cache/puppeteer/chrome/linux-121.0.6167.85/chrome-linux64/chrome'],
  },
  {
    tool: 'Windows',
    text: "EPERM: operation not permitted, open 'C:\\Users\\svc-app\\AppData\\Local\\Temp\\upload_91f.tmp'",
    secrets: ['C:\\Users\\svc-app\\AppData\\Local\\Temp\\upload_91f.tmp', 'AppData\\Local'],
  },
  {
    tool: 'Windows',
    text: 'Could not load dynamic library C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v12.2\\bin\\cudart64_12.dll; dlerror: not found',
    secrets: ['C:\\Program Files', 'Toolkit\\CUDA\\v12.2\\bin\\cudart64_12.dll'],
  },
  {
    tool: 'Windows',
    text: 'Cannot find module "D:/services/api/dist/main.js"',
    secrets: ['D:/services/api/dist/main.js', '/services/api/dist/main.js'],
  },
  {
    tool: 'Windows',
    text: '{"path":"C:\\\\inetpub\\\\wwwroot\\\\api\\\\web.config","code":"EBUSY"}',
    secrets: ['inetpub\\\\wwwroot\\\\api\\\\web.config'],
  },
  {
    tool: '.NET',
    text: 'System.NullReferenceException: Object reference not set to an instance of an object.\r\n   at Api.Services.Orders.Load(String id) in C:\\agent\\_work\\3\\s\\src\\Api\\Orders.cs:line 87',
    secrets: ['C:\\agent\\_work\\3\\s\\src\\Api\\Orders.cs', 'at Api.Services.Orders.Load('],
  },
  {
    tool: '.NET',
    text: "System.IO.FileNotFoundException: Could not find file 'D:\\Services\\Api\\appsettings.Production.json'.",
    secrets: ['D:\\Services\\Api\\appsettings.Production.json'],
  },
  {
    tool: 'UNC',
    text: "ENOENT: no such file or directory, open '\\\\fileserver01\\models$\\det\\v2.onnx'",
    secrets: ['\\\\fileserver01\\models$\\det\\v2.onnx', 'fileserver01'],
  },
  { tool: 'UNC', text: 'The network path \\\\10.0.0.44\\scans\\in was not found.', secrets: ['\\\\10.0.0.44\\scans\\in'] },
  { tool: 'UNC', text: 'open //./pipe/docker_engine: The system cannot find the file specified.', secrets: ['//./pipe/docker_engine'] },
  {
    tool: 'file URL',
    text: 'Not allowed to load local resource: file:///C:/ProgramData/nestage/report.html',
    secrets: ['C:/ProgramData/nestage/report.html'],
  },
  {
    tool: 'file URL',
    text: 'net::ERR_FILE_NOT_FOUND at file:///home/app/templates/invoice%20v2.html',
    secrets: ['file:///home/app/templates/invoice%20v2.html', 'templates/invoice%20v2.html'],
  },
  { tool: 'bash', text: 'bash: line 1: /opt/tools/bin/convert-all: No such file or directory', secrets: ['/opt/tools/bin/convert-all'] },
  {
    tool: 'tar',
    text: 'tar: /srv/backup/2025-03-11.tar.gz: Cannot open: No such file or directory',
    secrets: ['/srv/backup/2025-03-11.tar.gz'],
  },
];

/** Texts of inference servers and of the languages behind them. */
const runtimes: readonly SecretEntry[] = [
  {
    tool: 'xinference',
    text: '[address=0.0.0.0:28264, pid=8336] Model not found, uid: qwen2-vl-instruct-0',
    secrets: ['0.0.0.0:28264', 'pid=8336'],
  },
  {
    tool: 'xinference',
    text: '[address=10.42.0.17:43211, pid=511] CUDA out of memory. Tried to allocate 2.00 GiB.',
    secrets: ['10.42.0.17:43211', 'pid=511'],
  },
  {
    tool: 'xinference',
    text: '{"detail":"[address=0.0.0.0:37825, pid=90210] Parallel generation is not supported by ggml."}',
    secrets: ['0.0.0.0:37825', 'pid=90210'],
  },
  {
    tool: 'xinference',
    text: 'Remote server unixsocket:///3297820672 closed, address 10.42.0.17:43987',
    secrets: ['10.42.0.17:43987'],
  },
  {
    tool: 'vllm',
    text: '(EngineCore_0 pid=4127) ERROR 03-11 10:12:44 [core.py:700] torch.OutOfMemoryError: CUDA out of memory.',
    secrets: ['pid=4127'],
  },
  {
    tool: 'vllm',
    text: '(APIServer pid=1) ValueError: The model `/data/models/Qwen2-VL-7B` does not exist.',
    secrets: ['pid=1)', '/data/models/Qwen2-VL-7B'],
  },
  {
    tool: 'vllm',
    text: 'Traceback (most recent call last):\n  File "/usr/local/lib/python3.12/dist-packages/vllm/engine/multiprocessing/engine.py", line 389, in run_mp_engine\n    engine = MQLLMEngine.from_engine_args(engine_args=engine_args,\nRuntimeError: Engine process failed to start.',
    secrets: ['/usr/local/lib/python3.12/dist-packages/vllm/engine/multiprocessing/engine.py'],
  },
  {
    tool: 'ollama',
    text: 'Post "http://127.0.0.1:39841/completion": EOF',
    secrets: ['127.0.0.1:39841'],
  },
  {
    tool: 'ollama',
    text: 'Error: could not connect to ollama app, dial tcp 10.0.2.80:11434: connect: connection refused',
    secrets: ['10.0.2.80:11434'],
  },
  {
    tool: 'ollama',
    text: `unable to load model: /usr/share/ollama/.ollama/models/blobs/sha256-${hex(64)}`,
    secrets: ['/usr/share/ollama/.ollama/models/blobs/sha256-'],
  },
  {
    tool: 'ray',
    text: 'ray.exceptions.RayTaskError(ValueError): ray::RayWorkerWrapper.execute_method() (pid=2811, ip=192.168.12.4, actor_id=9b1d3c5e, repr=<vllm.executor.RayWorkerWrapper object at 0x7f3c1c2b2d90>)',
    secrets: ['pid=2811', '0x7f3c1c2b2d90'],
  },
  {
    tool: 'ray',
    text: '(RayWorkerWrapper pid=3912, ip=10.0.7.14) OSError: [Errno 28] No space left on device: /dev/shm/torch_3912_77',
    secrets: ['pid=3912', '/dev/shm/torch_3912_77'],
  },
  { tool: 'ray', text: 'ConnectionError: ray client connection timeout to 10.0.7.2:10001', secrets: ['10.0.7.2:10001'] },
  {
    tool: 'ray',
    text: 'Session dir /tmp/ray/session_2025-03-11_09-12-44_120334_1822/logs does not exist (raylet pid 1822)',
    secrets: ['/tmp/ray/session_2025-03-11_09-12-44_120334_1822/logs', 'pid 1822'],
  },
  {
    tool: 'pytorch',
    text: 'CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.69 GiB of which 1.12 GiB is free. Process 271828 has 22.55 GiB memory in use. Of the allocated memory 21.30 GiB is allocated by PyTorch.',
    secrets: ['Process 271828'],
  },
  {
    tool: 'pytorch',
    text: 'frame #1: c10::detail::torchCheckFail(char const*, char const*, unsigned int, std::string const&) + 0x64 (0x7f7b8d45bb13 in /usr/local/lib/python3.10/dist-packages/torch/lib/libc10.so)',
    secrets: ['0x7f7b8d45bb13', '/usr/local/lib/python3.10/dist-packages/torch/lib/libc10.so'],
  },
  {
    tool: 'pytorch',
    text: 'NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1691, unhandled system error, NCCL version 2.20.5',
    secrets: ['../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp'],
  },
  {
    tool: 'pytorch',
    text: 'The client socket has timed out after 600s while trying to connect to (10.0.7.2, 29500).',
    secrets: ['10.0.7.2, 29500'],
  },
  {
    tool: 'pytorch',
    text: 'Error loading state dict: <torch.nn.modules.linear.Linear object at 0x7fb9074ed950> has no weight, file /opt/weights/head.pt',
    secrets: ['0x7fb9074ed950', '/opt/weights/head.pt'],
  },
  {
    tool: 'triton',
    text: "[StatusCode.INTERNAL] onnx runtime error 6: in ensemble 'ocr', /opt/tritonserver/models/ocr/1/model.onnx failed",
    secrets: ['/opt/tritonserver/models/ocr/1/model.onnx'],
  },
  { tool: 'tensorrt', text: 'Unable to open engine file /opt/engines/bert-fp16.plan', secrets: ['/opt/engines/bert-fp16.plan'] },
  {
    tool: 'llama.cpp',
    text: 'GGML_ASSERT: /usr/src/llama.cpp/ggml/src/ggml.c:4321: ne0 == ne1',
    secrets: ['/usr/src/llama.cpp/ggml/src/ggml.c'],
  },
  {
    tool: 'llama.cpp',
    text: 'llama_model_load: error loading model: failed to open /models/gguf/qwen2.5-7b-q4_k_m.gguf: No such file or directory',
    secrets: ['/models/gguf/qwen2.5-7b-q4_k_m.gguf'],
  },
  {
    tool: 'huggingface',
    text: "HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '/data/hub/Qwen2-VL'. Use `repo_type` argument if needed.",
    secrets: ['/data/hub/Qwen2-VL'],
  },
  {
    tool: 'huggingface',
    text: `401 Client Error: Unauthorized, invalid user token ${huggingFaceToken}`,
    secrets: [huggingFaceToken],
  },
  {
    tool: 'python',
    text: 'Traceback (most recent call last):\n  File "/opt/worker/run.py", line 12, in <module>\n    main()\n  File "/opt/worker/run.py", line 8, in main\n    raise ValueError(x)\nValueError: bad object <__main__.Job object at 0x7f4abcbc6250>',
    secrets: ['/opt/worker/run.py', '0x7f4abcbc6250'],
  },
  {
    tool: 'python',
    text: 'bad callback <function on_done at 0x7f4abcb55bc0>',
    secrets: ['0x7f4abcb55bc0'],
  },
  {
    tool: 'python',
    text: "[Errno 2] No such file or directory: '/var/lib/vllm/model-00001-of-00004.safetensors'",
    secrets: ['/var/lib/vllm/model-00001-of-00004.safetensors'],
  },
  {
    tool: 'python requests',
    text: "HTTPConnectionPool(host='10.0.9.9', port=8000): Max retries exceeded with url: /v1/embeddings (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f1e2c0d4a90>: Failed to establish a new connection: [Errno 111] Connection refused'))",
    secrets: ['10.0.9.9', '0x7f1e2c0d4a90'],
  },
  {
    tool: 'aiohttp',
    text: "Cannot connect to host 10.0.9.10:8000 ssl:default [Connect call failed ('10.0.9.10', 8000)]",
    secrets: ['10.0.9.10:8000', "'10.0.9.10', 8000"],
  },
  {
    tool: 'httpx',
    text: `Client error '401 Unauthorized' for url 'https://api.example.com/v1/models?api_key=${hex(40)}'`,
    secrets: [hex(40)],
  },
  {
    tool: 'gunicorn',
    text: '[2025-03-11 10:00:00 +0000] [2217] [CRITICAL] WORKER TIMEOUT (pid:2231)',
    secrets: ['pid:2231'],
  },
  { tool: 'uvicorn', text: 'INFO:     Finished server process [31337]', secrets: ['process [31337]'] },
  {
    tool: 'java',
    text: 'Exception in thread "main" java.lang.RuntimeException: wrapped com.example.Order@5a4041cc\n\tat com.example.orders.OrderService.load(OrderService.java:87)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect0(Native Method)',
    secrets: ['Order@5a4041cc', 'OrderService.java:87', 'sun.nio.ch.Net.connect0'],
  },
  {
    tool: 'java',
    text: 'java.io.FileNotFoundException: /opt/app/conf/application-prod.yml (No such file or directory)',
    secrets: ['/opt/app/conf/application-prod.yml'],
  },
  {
    tool: 'java',
    text: 'io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: cache-2.prod/10.0.4.9:11211',
    secrets: ['10.0.4.9:11211'],
  },
  {
    tool: 'spring',
    text: 'I/O error on POST request for "http://inventory.internal:8085/reserve": Connect to inventory.internal:8085 [inventory.internal/10.0.2.91] failed: Connection refused',
    secrets: ['inventory.internal:8085'],
  },
  {
    tool: 'go',
    text: 'panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0xc000123480 pc=0x4a1b2c]\n\ngoroutine 1 [running]:\nmain.main()\n\t/usr/src/app/cmd/server/main.go:31 +0x1d',
    secrets: ['/usr/src/app/cmd/server/main.go', '0xc000123480'],
  },
  {
    tool: 'go',
    text: 'open /etc/router/config.d/10-routes.toml: permission denied',
    secrets: ['/etc/router/config.d/10-routes.toml'],
  },
  {
    tool: 'rust',
    text: "thread 'tokio-runtime-worker' panicked at /usr/src/app/src/engine.rs:211:14:\ncalled `Option::unwrap()` on a `None` value",
    secrets: ['/usr/src/app/src/engine.rs'],
  },
  {
    tool: 'ruby',
    text: "/srv/shop/vendor/bundle/ruby/3.2.0/gems/pg-1.5.4/lib/pg/connection.rb:690:in `async_connect_or_reset': timeout expired (PG::ConnectionBad)",
    secrets: ['/srv/shop/vendor/bundle/ruby/3.2.0/gems/pg-1.5.4/lib/pg/connection.rb'],
  },
  {
    tool: 'php',
    text: `PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /var/www/html/src/Db.php:14\nStack trace:\n#0 /var/www/html/src/Db.php(14): PDO->__construct('mysql:host=10.0...', 'svc')\n#1 {main}`,
    secrets: ['/var/www/html/src/Db.php'],
  },
  {
    tool: 'linux oom',
    text: 'Out of memory: Killed process 24817 (python3) total-vm:48712388kB, anon-rss:31233012kB',
    secrets: ['process 24817'],
  },
  { tool: 'systemd', text: 'nestage.service: Failed with result exit-code, Main PID: 2211 (node)', secrets: ['PID: 2211'] },
  {
    tool: 'pm2',
    text: '[PM2][ERROR] Process api (pid 6120) crashed, see /home/app/.pm2/logs/api-error.log',
    secrets: ['pid 6120', '/home/app/.pm2/logs/api-error.log'],
  },
  {
    tool: 'Chinese service',
    text: '模型加载失败：/data/models/qwen2/model.safetensors不存在，请联系管理员',
    secrets: ['/data/models/qwen2/model.safetensors'],
  },
  { tool: 'Chinese service', text: '连接10.0.3.7:6379失败（进程pid=7781），请稍后重试', secrets: ['10.0.3.7:6379', 'pid=7781'] },
  { tool: 'Chinese service', text: `鉴权失败，password=${password}，请重试`, secrets: [password] },
  {
    tool: 'ansi output',
    text: '\u001b[1;31m2025-03-11 06:10:50.081 [E:onnxruntime:, session.cc:671]\u001b[0m cannot map \u001b[4m/srv/models/cls.onnx\u001b[0m',
    secrets: ['/srv/models/cls.onnx'],
  },
];

/** Texts of containers, clouds and developer tools. */
const platforms: readonly SecretEntry[] = [
  {
    tool: 'docker',
    text: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    secrets: ['/var/run/docker.sock'],
  },
  {
    tool: 'docker',
    text: `Error response from daemon: driver failed programming external connectivity on endpoint api (${hex(64)}): Bind for 0.0.0.0:8080 failed: port is already allocated`,
    secrets: ['0.0.0.0:8080'],
  },
  {
    tool: 'docker',
    text: 'invalid mount config for type "bind": bind source path does not exist: /data/models/qwen',
    secrets: ['/data/models/qwen'],
  },
  {
    tool: 'docker',
    text: 'Get "https://registry.corp.example:5000/v2/": dial tcp 10.0.1.5:5000: connect: connection refused',
    secrets: ['registry.corp.example:5000', '10.0.1.5:5000'],
  },
  {
    tool: 'docker',
    text: `unauthorized: incorrect username or password, docker login -u ci -p ${dockerToken}`,
    secrets: [dockerToken],
  },
  {
    tool: 'kubernetes',
    text: 'Get "https://10.96.0.1:443/api/v1/namespaces/prod/secrets/db": dial tcp 10.96.0.1:443: i/o timeout',
    secrets: ['10.96.0.1:443'],
  },
  {
    tool: 'kubernetes',
    text: 'Liveness probe failed: Get "http://10.244.1.37:8080/healthz": context deadline exceeded',
    secrets: ['10.244.1.37:8080'],
  },
  {
    tool: 'kubernetes',
    text: 'MountVolume.SetUp failed for volume "models" : hostPath type check failed: /mnt/nvme0/models is not a directory',
    secrets: ['/mnt/nvme0/models'],
  },
  {
    tool: 'kubernetes',
    text: 'runc create failed: unable to start container process: exec: "/usr/local/bin/serve": stat /usr/local/bin/serve: no such file or directory: unknown',
    secrets: ['/usr/local/bin/serve'],
  },
  {
    tool: 'kubernetes',
    text: 'dial tcp: lookup model-registry.internal on 10.96.0.10:53: no such host',
    secrets: ['10.96.0.10:53'],
  },
  {
    tool: 'kubernetes',
    text: `open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied; Authorization: Bearer ${jwt}`,
    secrets: ['/var/run/secrets/kubernetes.io/serviceaccount/token', jwtHead, jwtBody, jwtSignature],
  },
  {
    tool: 'vault',
    text: `Error making API request.\n\nURL: PUT https://vault.corp.example:8200/v1/auth/token/renew-self\nCode: 403. X-Vault-Token: ${vaultToken}`,
    secrets: ['vault.corp.example:8200', vaultToken],
  },
  {
    tool: 'git',
    text: `fatal: Authentication failed for 'https://deploy-bot:${password}@git.example.com/team/models.git/'`,
    secrets: [password, 'deploy-bot'],
  },
  {
    tool: 'git',
    text: `fatal: unable to access 'https://x-access-token:${githubAppToken}@github.com/example-org/weights.git/': The requested URL returned error: 403`,
    secrets: [githubAppToken, 'x-access-token:'],
  },
  {
    tool: 'git',
    text: "fatal: could not read Username for 'https://git.corp.example:8443': terminal prompts disabled",
    secrets: ['git.corp.example:8443'],
  },
  { tool: 'git', text: "fatal: cannot change to '/srv/checkout/models': No such file or directory", secrets: ['/srv/checkout/models'] },
  {
    tool: 'git',
    text: `remote: Invalid credentials for oauth2:${gitlabToken}`,
    secrets: [gitlabToken],
  },
  {
    tool: 'npm',
    text: "npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/usr/src/app/package.json'",
    secrets: ['/usr/src/app/package.json'],
  },
  {
    tool: 'npm',
    text: 'npm error A complete log of this run can be found in: /home/app/.npm/_logs/2025-03-11T09_12_44_120Z-debug-0.log',
    secrets: ['/home/app/.npm/_logs/2025-03-11T09_12_44_120Z-debug-0.log'],
  },
  {
    tool: 'npm',
    text: `npm error Invalid auth configuration found: //npm.example.com/:_authToken=${npmToken}`,
    secrets: [npmToken],
  },
  {
    tool: 'npm',
    text: 'npm error FetchError: request to http://10.0.1.9:4873/left-pad failed, reason: connect ECONNREFUSED 10.0.1.9:4873\nnpm error     at ClientRequest.<anonymous> (/usr/lib/node_modules/npm/node_modules/minipass-fetch/lib/index.js:130:14)',
    secrets: ['10.0.1.9:4873', '/usr/lib/node_modules/npm/node_modules/minipass-fetch/lib/index.js'],
  },
  {
    tool: 'pip',
    text: `ERROR: Could not find a version that satisfies the requirement (from https://__token__:${pypiToken}@pypi.example.com/simple)`,
    secrets: [pypiToken],
  },
  { tool: 'ssh', text: 'ssh: connect to host 10.1.2.3 port 22: Connection refused', secrets: ['10.1.2.3'] },
  { tool: 'ssh', text: 'Load key "/home/app/.ssh/id_ed25519": invalid format', secrets: ['/home/app/.ssh/id_ed25519'] },
  {
    tool: 'ssh',
    text: "Permissions 0644 for '/home/app/.ssh/deploy_rsa' are too open. It is required that your private key files are NOT accessible by others.",
    secrets: ['/home/app/.ssh/deploy_rsa'],
  },
  {
    tool: 'ssh',
    text: 'kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.1.2.4 port 2222',
    secrets: ['10.1.2.4'],
  },
  {
    tool: 'aws sdk',
    text: `InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records. <AWSAccessKeyId>${awsKeyId}</AWSAccessKeyId>`,
    secrets: [awsKeyId],
  },
  {
    tool: 'aws sdk',
    text: `Error: connect EHOSTUNREACH 169.254.169.254:80 while fetching credentials for ${awsTemporaryKeyId}`,
    secrets: ['169.254.169.254:80', awsTemporaryKeyId],
  },
  {
    tool: 'aws sdk',
    text: `SignatureDoesNotMatch: aws_access_key_id=${awsKeyId} aws_secret_access_key=${awsSecretKey}`,
    secrets: [awsKeyId, awsSecretKey],
  },
  {
    tool: 'aws sdk',
    text: `ExpiredToken: {"AccessKeyId":"${awsTemporaryKeyId}","SecretAccessKey":"${awsSecretKey}","SessionToken":"${awsSessionToken}"}`,
    secrets: [awsTemporaryKeyId, awsSecretKey, awsSessionToken],
  },
  {
    tool: 's3',
    text: `AccessDenied: https://models.s3.eu-west-1.amazonaws.com/det.onnx?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${awsKeyId}%2F20250311%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20250311T101500Z&X-Amz-Expires=900&X-Amz-Signature=${hex(64)}`,
    secrets: [awsKeyId, hex(64)],
  },
  { tool: 'minio', text: 'S3Error: connect ECONNREFUSED 10.0.6.90:9000', secrets: ['10.0.6.90:9000'] },
  {
    tool: 'minio',
    text: `Unable to initialize client: MINIO_ROOT_USER=minio-admin MINIO_ROOT_PASSWORD=${password} endpoint=http://minio-0.minio:9000`,
    secrets: [password, 'minio-0.minio:9000'],
  },
  {
    tool: 'minio',
    text: 'Unable to write to the backend: drive not found /mnt/disk3/minio/.minio.sys/format.json',
    secrets: ['/mnt/disk3/minio/.minio.sys/format.json'],
  },
  {
    tool: 'google api',
    text: `request to https://generativelanguage.googleapis.com/v1beta/models/gemini-pro:generateContent?key=${googleKey} failed, reason: read ECONNRESET`,
    secrets: [googleKey],
  },
  { tool: 'google api', text: `API key not valid. Please pass a valid API key: ${googleKey}`, secrets: [googleKey] },
  {
    tool: 'google api',
    text: `Request had invalid authentication credentials. access_token=${googleAccessToken}`,
    secrets: [googleAccessToken],
  },
  {
    tool: 'google api',
    text: 'The file at /home/app/.config/gcloud/application_default_credentials.json does not exist, or it is not a file.',
    secrets: ['/home/app/.config/gcloud/application_default_credentials.json'],
  },
  {
    tool: 'google api',
    text: `invalid_client: {"client_id":"1029-exmpl.apps.example.com","client_secret":"${googleClientSecret}","grant_type":"refresh_token"}`,
    secrets: [googleClientSecret],
  },
  {
    tool: 'google api',
    text: `error:0909006C:PEM routines, private_key: "${pem('PRIVATE KEY', [pemLine('eX4mPl3k'), pemLine('sErV1ce/')]).join('\\n')}\\n"`,
    secrets: [pemLine('eX4mPl3k'), pemLine('sErV1ce/')],
  },
  {
    tool: 'azure',
    text: `Invalid storage connection string: DefaultEndpointsProtocol=https;AccountName=exmodels;AccountKey=${azureAccountKey};EndpointSuffix=core.windows.net`,
    secrets: [azureAccountKey],
  },
  {
    tool: 'azure',
    text: `AuthenticationFailed: https://exmodels.blob.core.windows.net/w/det.onnx?sv=2022-11-02&se=2025-04-01T00%3A00%3A00Z&sr=b&sp=r&sig=${fill('eX4mPl3%2F', 46)}%3D`,
    secrets: [fill('eX4mPl3%2F', 46)],
  },
  {
    tool: 'azure',
    text: `AADSTS7000215: Invalid client secret provided. client_secret=${azureClientSecret}`,
    secrets: [azureClientSecret],
  },
  {
    tool: 'azure',
    text: `Endpoint=sb://exbus.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=${fill('aZ3bY4cX', 43)}=`,
    secrets: [fill('aZ3bY4cX', 43)],
  },
  {
    tool: 'terraform',
    text: 'Error: Failed to read variables file: Given variables file /home/app/infra/prod.tfvars does not exist.',
    secrets: ['/home/app/infra/prod.tfvars'],
  },
];

/** Texts that carry keys and tokens. */
const tokens: readonly SecretEntry[] = [
  {
    tool: 'openai',
    text: `Incorrect API key provided: ${openAiProjectKey}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    secrets: [openAiProjectKey],
  },
  { tool: 'openai', text: `401 invalid_api_key (${openAiKey})`, secrets: [openAiKey] },
  { tool: 'openai-compatible', text: `api key ${hexSkKey} has insufficient balance`, secrets: [hexSkKey] },
  { tool: 'openai', text: `OPENAI_API_KEY=${openAiProjectKey} is expired`, secrets: [openAiProjectKey] },
  {
    tool: 'anthropic',
    text: `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key: ${anthropicKey}"}}`,
    secrets: [anthropicKey],
  },
  { tool: 'stripe', text: `Invalid API Key provided: ${stripeKey}`, secrets: [stripeKey] },
  {
    tool: 'stripe',
    text: `The provided key '${stripeRestrictedKey}' does not have access to account 'acct_1EXAMPLE'.`,
    secrets: [stripeRestrictedKey],
  },
  {
    tool: 'stripe',
    text: `No signatures found matching the expected signature for payload, secret=${stripeWebhookSecret}`,
    secrets: [stripeWebhookSecret],
  },
  { tool: 'github', text: `Bad credentials (token ${githubToken})`, secrets: [githubToken] },
  { tool: 'github', text: `HttpError: Resource not accessible by personal access token "${githubFineToken}"`, secrets: [githubFineToken] },
  { tool: 'slack', text: `An API error occurred: invalid_auth for ${slackBotToken}`, secrets: [slackBotToken] },
  { tool: 'slack', text: `Failed to open socket mode connection with ${slackAppToken}`, secrets: [slackAppToken] },
  {
    tool: 'slack',
    text: `Request failed with status code 404: POST https://hooks.${'slack'}.com/services/${slackHookPath}`,
    secrets: [slackHookPath],
  },
  { tool: 'sendgrid', text: `The provided authorization grant is invalid: ${sendgridKey}`, secrets: [sendgridKey] },
  {
    tool: 'telegram',
    text: `ETELEGRAM: 404 Not Found https://api.telegram.org/bot${telegramToken}/sendMessage`,
    secrets: [telegramToken, telegramToken.slice(11)],
  },
  { tool: 'databricks', text: `Invalid access token. token: ${databricksToken}`, secrets: [databricksToken] },
  { tool: 'groq', text: `Invalid API Key ${groqKey}`, secrets: [groqKey] },
  { tool: 'replicate', text: `Unauthenticated: Authorization: Token ${replicateToken}`, secrets: [replicateToken] },
  { tool: 'nvidia', text: `403 Forbidden for key=${nvidiaKey}`, secrets: [nvidiaKey] },
  { tool: 'shopify', text: `[API] Invalid API key or access token, X-Shopify-Access-Token: ${shopifyToken}`, secrets: [shopifyToken] },
  { tool: 'digitalocean', text: `Unable to authenticate you, token=${digitalOceanToken}`, secrets: [digitalOceanToken] },
  { tool: 'jwt', text: `JsonWebTokenError: invalid signature, token ${jwt}`, secrets: [jwtHead, jwtBody, jwtSignature] },
  { tool: 'jwt', text: `TokenExpiredError: jwt expired at 2025-03-11T10:00:00.000Z [${jwt}]`, secrets: [jwtHead, jwtBody, jwtSignature] },
  { tool: 'jwt', text: `Unsigned JWTs are not accepted: ${jwtHead}.${jwtBody}.`, secrets: [jwtHead, jwtBody] },
  { tool: 'http header', text: `403 for Authorization: Bearer ${hex(40)}`, secrets: [hex(40)] },
  { tool: 'http header', text: `upstream rejected header authorization: Basic ${basicPair}`, secrets: [basicPair] },
  { tool: 'http header', text: `invalid header "X-Api-Key: ${fill('k9J7h5G3', 32)}"`, secrets: [fill('k9J7h5G3', 32)] },
  {
    tool: 'http header',
    text: `Invalid session. Cookie: connect.sid=s%3A${fill('Qw3rTy5u', 32)}.${fill('aSd1fGh2', 43)}; theme=dark`,
    secrets: [fill('Qw3rTy5u', 32), fill('aSd1fGh2', 43)],
  },
  { tool: 'http header', text: `Proxy-Authorization: Basic ${basicPair} was refused`, secrets: [basicPair] },
  {
    tool: 'pem',
    text: ['Failed to read key:', ...pem('RSA PRIVATE KEY', [pemLine('aB3dE5g+'), pemLine('hJ7kL9m/')])].join('\n'),
    secrets: [pemLine('aB3dE5g+'), pemLine('hJ7kL9m/')],
  },
  {
    tool: 'pem',
    text: ['key is not valid:', ...pem('EC PRIVATE KEY', [pemLine('MHcCAQEE'), 'AwEHoUQD' + fill('QgAEeX4m', 40) + '==']), 'aborting'].join(
      '\n',
    ),
    secrets: [pemLine('MHcCAQEE'), 'AwEHoUQD' + fill('QgAEeX4m', 40)],
  },
  {
    tool: 'pem',
    text: ['unsupported format:', ...pem('OPENSSH PRIVATE KEY', [fill('b3BlbnNzaC1rZXktdjEA', 70), fill('AAAABG5vbmU', 70)])].join('\n'),
    secrets: [fill('b3BlbnNzaC1rZXktdjEA', 70), fill('AAAABG5vbmU', 70)],
  },
  {
    tool: 'pem',
    text: ['truncated key:', `-----BEGIN ${'PRIVATE'} KEY-----`, pemLine('tRuNc4te'), pemLine('dKeY0/+a')].join('\n'),
    secrets: [pemLine('tRuNc4te'), pemLine('dKeY0/+a')],
  },
  {
    tool: 'query string',
    text: `GET https://cdn.example.com/clip.mp4?access_token=${hex(32)}&start=10 returned 403`,
    secrets: [hex(32)],
  },
  {
    tool: 'query string',
    text: `callback failed: https://hooks.example.com/in?token=${fill('uV5wX7yZ', 28)}`,
    secrets: [fill('uV5wX7yZ', 28)],
  },
  {
    tool: 'query string',
    text: `oauth redirect rejected: https://app.example.com/cb?code=abc&client_secret=${fill('cS3dE4fR', 30)}&state=1`,
    secrets: [fill('cS3dE4fR', 30)],
  },
  { tool: 'json dump', text: `Bad request body: {"username":"svc","password":"${password}"}`, secrets: [password] },
  { tool: 'json dump', text: `{"db": {"host": "10.0.3.7", "passwd": "${password} with spaces"}}`, secrets: [password, 'with spaces'] },
  {
    tool: 'json dump',
    text: `config {"apiKey":"${fill('m2N4b6V8', 32)}","refreshToken":"${fill('r1T3y5U7', 40)}"} failed validation`,
    secrets: [fill('m2N4b6V8', 32), fill('r1T3y5U7', 40)],
  },
  {
    tool: 'json dump',
    text: JSON.stringify({ message: `upstream said ${JSON.stringify({ secret: fill('z0X9c8V7', 24), ok: false })}` }),
    secrets: [fill('z0X9c8V7', 24)],
  },
  { tool: 'js dump', text: `Error: handshake { user: 'svc', password: '${password}', ssl: false }`, secrets: [password] },
  {
    tool: 'python dump',
    text: `TypeError: connect() got an unexpected keyword argument: {'user': 'svc', 'password': '${password}'}`,
    secrets: [password],
  },
  { tool: 'yaml dump', text: `cannot parse:\n  user: svc\n  password: ${password}\n  ssl: true`, secrets: [password] },
  {
    tool: 'xml dump',
    text: `SOAP fault near <wsse:Username>svc</wsse:Username><wsse:Password>${password}</wsse:Password>`,
    secrets: [password],
  },
  {
    tool: 'env dump',
    text: `Environment: NODE_ENV=production PORT=3000 DB_PASSWORD=${password} JWT_SECRET=${fill('jW7sE9cR', 32)}`,
    secrets: [password, fill('jW7sE9cR', 32)],
  },
  {
    tool: 'env dump',
    text: `export HF_TOKEN="${huggingFaceToken}"\nexport HF_HOME="/data/hf-cache"`,
    secrets: [huggingFaceToken, '/data/hf-cache'],
  },
  {
    tool: 'env dump',
    text: `DATABASE_URL=postgresql://svc:${password}@10.0.3.7:5432/app SLACK_SIGNING_SECRET=${hex(32)}`,
    secrets: [password, '10.0.3.7:5432', hex(32)],
  },
  {
    tool: 'key=value dump',
    text: `login failed user=svc pwd=${password} host=10.0.2.2:8022 retries=3`,
    secrets: [password, '10.0.2.2:8022'],
  },
  { tool: 'key=value dump', text: `request rejected api_key=${fill('y6T4r2E0', 24)}, region=eu`, secrets: [fill('y6T4r2E0', 24)] },
  {
    tool: 'command line',
    text: `Command failed: loader --url=grpc://10.0.2.3:7000 --auth-token ${fill('l0K9j8H7', 32)}`,
    secrets: ['10.0.2.3:7000', fill('l0K9j8H7', 32)],
  },
  {
    tool: 'basic auth URL',
    text: `GET https://reports:${oddPassword}@bi.example.com/export failed: 502`,
    secrets: [oddPassword, 'reports:'],
  },
  { tool: 'basic auth URL', text: `clone of https://${githubToken}@github.com/example-org/private.git failed`, secrets: [githubToken] },
  { tool: 'basic auth URL', text: `could not reach redis://default:${password}@[2001:db8::5]:6379/0`, secrets: [password, '2001:db8::5'] },
];

/** About 300 error texts of real tools that hold something a client must not see. */
export const secrets: readonly SecretEntry[] = [...databases, ...networks, ...files, ...runtimes, ...platforms, ...tokens];
