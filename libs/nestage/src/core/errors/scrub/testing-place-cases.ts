import { type RuleCases, word } from './testing-secret-cases.js';

/** For the rules from the paths on: paths, addresses, hosts, processes. */
export const PLACE_CASES: RuleCases = {
  'file URLs and unix sockets': [['unix:/run/x.sock refused', '[path] refused']],
  'quoted paths': [["open '/var/lib/x y.txt' failed", "open '[path]' failed"]],
  'Windows paths': [
    ['no \\\\?\\C:\\Users\\bob\\x.txt', 'no [path]'],
    ['C:\\Program Files\\nodejs\\node.exe crashed', '[path] crashed'],
    ['no D:/data/x.bin, E:\\', 'no [path], [path]'],
  ],
  'Windows devices and pipes': [
    ['open \\\\.\\pipe\\engine: denied', 'open [path]: denied'],
    ['open //./pipe/engine, \\\\.\\PhysicalDrive0.', 'open [path], [path].'],
  ],
  'UNC paths': [['no \\\\server\\share\\x.txt there', 'no [path] there']],
  'paths of a home': [
    ['no ~/models/a.bin, ~bob/x', 'no [path], [path]'],
    ['no $HOME/x or %APPDATA%\\x', 'no [path] or [path]'],
  ],
  'paths after the name of a file call': [
    ['open /orders/x: no such file', 'open [path]: no such file'],
    ["scandir '/orders'", "scandir '[path]'"],
  ],
  'paths with escaped slashes': [['"\\/home\\/bob\\/x.php"', '"[path]"']],
  'percent-encoded paths': [['?file=%2Fhome%2Fbob%2Fx.txt&page=2', '?file=[path]&page=2']],
  'Unix paths': [
    ['no /home/app/x.py.', 'no [path].'],
    ['文件/home/app/模型.bin，不存在', '文件[path]，不存在'],
    ['(/models/qwen/weights) and /etc', '([path]) and [path]'],
    ['/Users/bob/Library/Application Support/x', '[path]'],
  ],
  'relative paths': [['no ../conf/a.yaml or node_modules/x/y.js', 'no [path] or [path]']],
  'socket files': [['no docker.sock', 'no [path]']],
  'user and password at a host': [[`dial bob:${word}@db.example.com:5432`, 'dial [secret]']],
  'users at inner hosts': [
    ['ssh deploy@build-7 failed', 'ssh [address] failed'],
    ["Access denied for user 'root'@'10.0.0.1'", 'Access denied for user [address]'],
  ],
  'brackets of an actor or a process': [
    ['[address=0.0.0.0:28264, pid=8336] Model not found, uid: qwen2-vl-instruct-0', '[address] Model not found, uid: qwen2-vl-instruct-0'],
  ],
  'memory addresses': [
    ['<Foo object at 0x7f8a1c2d3e4f>', '<Foo object at [address]>'],
    ['<Foo object at 0x80001234>, 0x55d0c0de', '<Foo object at [address]>, [address]'],
  ],
  'MAC addresses': [['from 0a:1b:2c:3d:4e:5f', 'from [address]']],
  'percent-encoded IPv6 addresses': [
    ['ipv6:%5B::1%5D:50051 is down', 'ipv6:[address] is down'],
    ['ipv6:%5B2001%3Adb8%3A%3A1%5D%3A50051', 'ipv6:[address]'],
    ['messages%5B0%5D.role', 'messages%5B0%5D.role'],
  ],
  'IPv6 addresses': [
    ['connect to ::1:5432', 'connect to [address]'],
    ['connect to ipv6:[2001:db8::1]:80, fe80::1%eth0: refused', 'connect to ipv6:[address], [address]: refused'],
  ],
  'IPv4 addresses': [['connect to 10.0.0.1:80, 192.168.0.0/16.', 'connect to [address], [address].']],
  'inner host names': [['db.internal, api.ns.svc.cluster.local:80 and printer.local', '[address], [address] and [address]']],
  localhost: [
    ['listening at localhost:3000', 'listening at [address]'],
    ["can't connect to the server on 'localhost'", "can't connect to the server on '[address]'"],
  ],
  'hosts with a port': [['db:5432, redis-0:6379 and example.com:8443', '[address], [address] and [address]']],
  'hosts of network errors': [
    ['getaddrinfo ENOTFOUND redis', 'getaddrinfo ENOTFOUND [address]'],
    ['unknown host "pg-main"', 'unknown host "[address]"'],
  ],
  'hosts by name': [
    ["Pool(host='db', maxsize=1)", "Pool(host='[address]', maxsize=1)"],
    ['{"host":"db"}', '{"host":"[address]"}'],
  ],
  'ports by name': [['Pool(port=8000)', 'Pool(port=[address])']],
  'ports in sentences': [['host build-7 port 22', 'host [address] port [address]']],
  'pod names': [['web-7d9f8b6c5d-x2k4p is down', '[address] is down']],
  'hosts named by their IP': [['ip-10-0-0-1 is down', '[address] is down']],
  'cloud resource names': [['no right to arn:aws:s3:::bucket/key', 'no right to [address]']],
  'lists of process ids': [['killed pids 12, 13 and 14, then processes 1200 and 1300', 'killed pids [pid], then processes [pid]']],
  'process and thread ids': [['pid=8336, PID 8336, "pid": 8336, thread id 12', 'pid=[pid], PID [pid], "pid": [pid], thread id [pid]']],
  'numbered processes': [
    ['process 12345 exited', 'process [pid] exited'],
    ['Process 2718 waits for a lock that process 3141 holds', 'Process [pid] waits for a lock that process [pid] holds'],
  ],
  'numbered children of a process': [
    ['worker 4312 exited, child 977 hangs', 'worker [pid] exited, child [pid] hangs'],
    ['worker 3 is busy, 500 workers', 'worker 3 is busy, 500 workers'],
  ],
  'numbered workers': [['ForkPoolWorker-3 in pool-1-thread-2', 'ForkPoolWorker-[pid] in pool-[pid]']],
  'process ids in Chinese': [['进程 1234 已退出', '进程 [pid] 已退出']],
  'several stacks in a row': [['at f (a.js:1:2), at g (b.js:1:2)', '[stack]']],
};
