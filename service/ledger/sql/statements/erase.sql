SELECT erase_content(%(workspace)s, %(event)s, %(scope)s, %(target)s, %(events)s::uuid[], %(streams)s::uuid[],
                     %(keys)s::uuid[], %(first)s, %(at)s)
