"""What a run may learn from of what tenants lend: looked at, admitted or refused, listed in a snapshot.

May import versions and those below them; knows neither teaching nor the gate.
"""
