"""Makes graphs.json: small graphs, and their ranks by other people's programs.

    python3 conformance/vectors/rank/graphs.py

diffusion: networkx.pagerank with the data model's prior as personalization and for
dangling nodes. focus: the Perron vector (numpy.linalg.eig) of the dense matrix of one
coupled round, its heat by scipy.linalg.expm. Nothing here iterates as the cells do.
"""
import json
import os

import networkx as nx
import numpy as np
import scipy
import scipy.linalg


def karate():
    graph = nx.karate_club_graph()
    return [(p, q, int(w)) for p, q, w in graph.to_directed().edges(data="weight")]


def les_miserables():
    graph = nx.convert_node_labels_to_integers(nx.les_miserables_graph())
    return [(p, q, int(w)) for p, q, w in graph.edges(data="weight")]


def random_directed():
    return [(p, q, 1) for p, q in nx.gnp_random_graph(70, 0.03, seed=5, directed=True).edges()]


def scale_free():
    # Repeated edges and loops stay: weights add up, and loops do not count.
    return [(p, q, 1) for p, q in nx.scale_free_graph(100, seed=11).edges()]


def path():
    return [(i, i + 1, 3) for i in range(29)]


GRAPHS = {
    "karate club": karate,
    "les miserables": les_miserables,
    "random, directed": random_directed,
    "scale free": scale_free,
    "path": path,
}


def ranks(links, sources=None):
    """By the data model's prior, or with prior and springs' anchor on some particles."""
    nodes = sorted({end for p, q, _ in links for end in (p, q)})
    at = {node: i for i, node in enumerate(nodes)}
    n = len(nodes)
    a = np.zeros((n, n))
    for p, q, weight in links:
        if p != q:
            a[at[p], at[q]] += weight
    a /= a.max()
    w = a + a.T
    d = w.sum(axis=1)
    out = a.sum(axis=1)
    prior = d / d.sum()
    anchor = np.ones(n) / n
    if sources:
        prior = np.zeros(n)
        prior[[at[source] for source in sources]] = 1 / len(sources)
        anchor = prior

    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    for p, q in zip(*np.nonzero(a)):
        graph.add_edge(int(p), int(q), weight=a[p, q])
    u = {i: prior[i] for i in range(n)}
    found = nx.pagerank(graph, 0.85, personalization=u, dangling=u, tol=1e-16 / n * 10, max_iter=10000)

    ones = np.ones(n)
    follow = np.divide(a, out[:, None], out=np.zeros_like(a), where=out[:, None] > 0).T
    diffusion = 0.15 * np.outer(prior, ones) + 0.85 * (follow + np.outer(prior, out == 0))
    springs = (np.outer(anchor, ones) + w) / (1 + d)[:, None]
    flow = np.divide(w, d[None, :], out=np.eye(n), where=d[None, :] > 0)
    heat = scipy.linalg.expm(flow - np.eye(n))
    # What no axons join to a source has no focus from it.
    joined = range(n)
    if sources:
        parts = [part for part in nx.weakly_connected_components(graph) if any(at[s] in part for s in sources)]
        joined = sorted(set().union(*parts))
    keep = np.ix_(joined, joined)
    values, vectors = np.linalg.eig((0.5 * diffusion + 0.3 * springs + 0.2 * heat)[keep])
    perron = np.zeros(n)
    perron[joined] = np.real(vectors[:, np.argmax(np.real(values))])
    perron /= perron.sum()

    def by_number(vector):
        full = [0.0] * (nodes[-1] + 1)
        for node, value in zip(nodes, vector):
            full[node] = float(value)
        return full

    return by_number([found[i] for i in range(n)]), by_number(perron)


def main():
    graphs = []
    for name, make in GRAPHS.items():
        links = make()
        diffusion, focus = ranks(links)
        first = [links[0][0]]
        few = sorted({links[0][0], links[-1][1], links[len(links) // 2][0]})
        personal = []
        for sources in (first, few):
            found, seen = ranks(links, sources)
            personal.append({"from": sources, "diffusion": found, "focus": seen})
        graphs.append({"name": name, "links": links, "diffusion": diffusion, "focus": focus, "personal": personal})
    made = f"networkx {nx.__version__}, numpy {np.__version__}, scipy {scipy.__version__}"
    path = os.path.join(os.path.dirname(__file__), "graphs.json")
    with open(path, "w") as file:
        json.dump({"made": made, "graphs": graphs}, file)


main()
