-- Sends the requests of a file in turn (see traffic.py), and prints what was measured as one line of JSON.
-- One thread only: the place in the file is kept in a variable.
local mark = "@VERSION"
local period = tonumber(os.getenv("BENCH_PERIOD"))
local first = tonumber(os.getenv("BENCH_FIRST_VERSION"))
local before, after, sent = {}, {}, 0

function init(args)
  local file = io.open(os.getenv("BENCH_TRAFFIC"), "rb")
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    local text = file:read(length)
    local from, to = string.find(text, mark, 1, true)
    if from then
      before[#before + 1] = string.sub(text, 1, from - 1)
      after[#before] = string.sub(text, to + 1)
    else
      before[#before + 1] = text
    end
  end
  file:close()
end

function request()
  local at = sent % #before + 1
  local pass = math.floor(sent / period)
  sent = sent + 1
  if after[at] then
    return before[at] .. string.format("%8d", first + pass) .. after[at]
  end
  return before[at]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'MEASURED {"answers":%d,"wrong":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"cpu_s":0}\n',
    summary.requests, e.status + e.connect + e.read + e.write + e.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
