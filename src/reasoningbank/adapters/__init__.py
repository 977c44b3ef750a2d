"""Adapters: the bank inside agent frameworks. Each module needs its framework; nothing here loads one.

================================  ==========================  ================================
module                            framework                   gives
================================  ==========================  ================================
`reasoningbank.adapters.crewai`         CrewAI                storage of its memory
`reasoningbank.adapters.langchain`      LangChain             a retriever
`reasoningbank.adapters.langgraph`      LangGraph             a store
`reasoningbank.adapters.llamaindex`     LlamaIndex            a memory block
`reasoningbank.adapters.openai_agents`  OpenAI Agents SDK     hooks of a run
`reasoningbank.adapters.pydantic_ai`    Pydantic AI           a capability
================================  ==========================  ================================
"""
