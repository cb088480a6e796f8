"""Um peer EACHare pequeno, que só responde, com dois erros de propósito: `eachare avaliar` os acha.

    python3 com-erros.py 127.0.0.1:5009 pasta
"""

import base64
import os
import socketserver
import sys
import threading

ENDERECO, PASTA = sys.argv[1:3]
tranca = threading.RLock()
relogio = 0
vizinhos = {}  # endereço -> (status, relógio)


def recebe(valor):
    global relogio
    relogio = max(relogio, valor) + 1


def envia(conexao, *tokens):
    # Primeiro erro: enviar também conta, e falta relogio += 1.
    linha = " ".join([ENDERECO, str(relogio), *map(str, tokens)]) + "\n"
    conexao.sendall(linha.encode())


def arquivos():
    return [entrada for entrada in os.scandir(PASTA) if entrada.is_file() and not entrada.name.startswith(".")]


def chunk(nome, tamanho, indice):
    # Segundo erro: lido como texto, um arquivo que não é texto muda de conteúdo.
    with open(os.path.join(PASTA, nome), encoding="utf-8", errors="replace") as arquivo:
        dados = arquivo.read().encode()
    return dados if tamanho == 0 else dados[indice * tamanho:(indice + 1) * tamanho]


class Conexao(socketserver.StreamRequestHandler):
    def handle(self):
        linha = self.rfile.readline().decode()
        if not linha.endswith("\n"):
            return
        origem, valor, tipo, *argumentos = linha.split()
        with tranca:
            recebe(int(valor))
            vizinhos[origem] = ("OFFLINE" if tipo == "BYE" else "ONLINE", int(valor))
            if tipo == "GET_PEERS":
                outros = [f"{v}:{s}:{r}" for v, (s, r) in vizinhos.items() if v != origem]
                envia(self.request, "PEER_LIST", len(outros), *outros)
            elif tipo == "LS":
                lista = [f"{a.name}:{a.stat().st_size}" for a in arquivos()]
                envia(self.request, "LS_LIST", len(lista), *lista)
            elif tipo == "DL":
                nome, tamanho, indice = argumentos[0], int(argumentos[1]), int(argumentos[2])
                if nome in [a.name for a in arquivos()]:
                    dados = chunk(nome, tamanho, indice)
                    dito = 0 if tamanho == 0 else len(dados)
                    envia(self.request, "FILE", nome, dito, indice, base64.b64encode(dados).decode())


class Servidor(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


maquina, porta = ENDERECO.rsplit(":", 1)
Servidor((maquina, int(porta)), Conexao).serve_forever()
